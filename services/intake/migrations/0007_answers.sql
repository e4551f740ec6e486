-- What came through the API and jisr.submissions.v1 as answers, questions, confirmations and
-- extensions. The same again is found here by its id and published once.
CREATE TABLE answers (
    -- The id of the event; made of the sender's Idempotency-Key, or of what was said.
    id       text        PRIMARY KEY,
    need_id  text        NOT NULL,
    -- SHA-256 of what was said, without contacts: the same id with another digest is a mistake.
    digest   bytea       NOT NULL,
    -- The event's data. Never contact data: that is blanked before.
    document jsonb       NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
