-- The page of a demand shows everybody who was asked, also what its city was never told by an entry: the
-- asker's open pages hear of each change of its demand, of the matches of it, and of what was said about them.
CREATE OR REPLACE FUNCTION inboxes_of_needs_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM tell_open_pages((
        SELECT array_agg(inbox) FROM (
            SELECT e.recipient_kind || ':' || e.recipient_id AS inbox
            FROM entries AS e
            WHERE e.need_id IN (SELECT DISTINCT content #>> '{need,id}' FROM changed)
            UNION
            SELECT concat_ws(':', content #>> '{need,owner,type}', content #>> '{need,owner,id}')
            FROM changed
        ) AS named));
    RETURN NULL;
END $$;

CREATE FUNCTION askers_of_matches_said() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM tell_open_pages((
        SELECT array_agg(DISTINCT concat_ws(':', m.content #>> '{need,owner,type}', m.content #>> '{need,owner,id}'))
        FROM changed AS c JOIN matches AS m ON m.match_id = c.about
        WHERE c.act IN ('accept', 'decline', 'withdraw')));
    RETURN NULL;
END $$;
CREATE TRIGGER said_of_matches AFTER INSERT ON said REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION askers_of_matches_said();
