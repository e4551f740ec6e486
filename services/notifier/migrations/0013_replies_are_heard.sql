-- An answer to a question changes the open pages of all who were told the question, not only of who
-- gives it: whoever is about to write another sees that it is late.
CREATE FUNCTION inboxes_of_questions_answered() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    answered text[];
BEGIN
    IF TG_TABLE_NAME = 'said' THEN
        SELECT array_agg(about) INTO answered FROM changed WHERE act = 'reply';
    ELSE
        SELECT array_agg(content #>> '{question,question_id}') INTO answered
        FROM changed WHERE message = 'question' AND jsonb_typeof(content -> 'reply') = 'object';
    END IF;
    IF answered IS NOT NULL THEN
        PERFORM tell_open_pages((
            SELECT array_agg(DISTINCT recipient_kind || ':' || recipient_id) FROM entries
            WHERE message = 'question' AND content #>> '{question,question_id}' = ANY (answered)));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER replies_said AFTER INSERT ON said REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION inboxes_of_questions_answered();
CREATE TRIGGER replies_told AFTER INSERT ON entries REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION inboxes_of_questions_answered();
