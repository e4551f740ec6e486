-- Questions about matches as the matcher told them, so that they can be answered once.
CREATE TABLE questions (
    id       text        PRIMARY KEY,
    match_id text        NOT NULL,
    need_id  text        NOT NULL,
    -- Who asks: type and id.
    asked_by jsonb       NOT NULL,
    -- Without contact data, as the answer is.
    text     text        NOT NULL,
    -- The office whose ambassador was told: null while only the other side was.
    cluster  text,
    city     text,
    asked_at timestamptz NOT NULL,
    -- by and text of the first answer; null while there is none.
    reply    jsonb,
    -- Whether the matcher told that answer; until then another may have been before it.
    told     boolean     NOT NULL DEFAULT false
);
CREATE INDEX questions_of_match ON questions (match_id);
