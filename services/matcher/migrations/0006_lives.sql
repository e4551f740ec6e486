-- The life of each need: what the state machine keeps of it beside its matches, and its timers.
ALTER TABLE needs ADD COLUMN life jsonb;      -- NULL: taken in before needs had lives
ALTER TABLE needs ADD COLUMN state text;
UPDATE needs SET state = CASE
    WHEN NOT is_open THEN 'withdrawn' WHEN outcome IS NULL THEN 'open' ELSE outcome END;
ALTER TABLE needs ALTER COLUMN state SET NOT NULL;
ALTER TABLE needs DROP COLUMN outcome, DROP COLUMN decided_at;

-- A copy of what follows from the lives, for the database's clock to search; a claim locks the need.
CREATE TABLE timers (
    need_id  text NOT NULL REFERENCES needs ON DELETE CASCADE,
    bell     text NOT NULL,
    match_id text NOT NULL,                   -- '': of the need itself
    due_at   timestamptz NOT NULL,
    PRIMARY KEY (need_id, bell, match_id)
);
CREATE INDEX timers_due ON timers (due_at);

-- What ambassadors made of the candidates: pairs judged by hand, to learn from.
CREATE TABLE judgements (
    need_id   text NOT NULL REFERENCES needs ON DELETE CASCADE,
    supply_id text NOT NULL,
    verdict   text NOT NULL CHECK (verdict IN ('struck', 'added')),
    judged_by text NOT NULL,
    judged_at timestamptz NOT NULL,
    PRIMARY KEY (need_id, supply_id)
);
