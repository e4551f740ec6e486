-- Whoever has its page open hears when something on it changes: at commit, the channel jisr_inbox
-- names the inboxes ("kind:id", with commas between), or says * where they are too many to name.
CREATE INDEX entries_of_need ON entries (need_id);
CREATE INDEX said_by ON said (recipient_kind, recipient_id);

CREATE FUNCTION tell_open_pages(inboxes text[]) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT pg_notify('jisr_inbox', CASE WHEN octet_length(line) < 7900 THEN line ELSE '*' END)
    FROM (SELECT string_agg(DISTINCT inbox, ',') AS line FROM unnest(inboxes) AS inbox) AS named
    WHERE line IS NOT NULL
$$;

CREATE FUNCTION own_inboxes_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM tell_open_pages(
        (SELECT array_agg(DISTINCT recipient_kind || ':' || recipient_id) FROM changed));
    RETURN NULL;
END $$;

CREATE FUNCTION inboxes_of_needs_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM tell_open_pages((
        SELECT array_agg(DISTINCT e.recipient_kind || ':' || e.recipient_id)
        FROM entries AS e
        WHERE e.need_id IN (SELECT DISTINCT content #>> '{need,id}' FROM changed)));
    RETURN NULL;
END $$;

-- A trigger with a transition table is for one kind of event.
CREATE TRIGGER entries_told AFTER INSERT ON entries REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION own_inboxes_changed();
CREATE TRIGGER entries_retold AFTER UPDATE ON entries REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION own_inboxes_changed();
CREATE TRIGGER said_told AFTER INSERT ON said REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION own_inboxes_changed();
CREATE TRIGGER matches_told AFTER INSERT ON matches REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION inboxes_of_needs_changed();
CREATE TRIGGER matches_retold AFTER UPDATE ON matches REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION inboxes_of_needs_changed();
CREATE TRIGGER needs_told AFTER INSERT ON needs REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION inboxes_of_needs_changed();
CREATE TRIGGER needs_retold AFTER UPDATE ON needs REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION inboxes_of_needs_changed();
