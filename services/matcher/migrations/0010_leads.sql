-- Initiatives of committees that fit a city, as its ambassador was told of them.
CREATE TABLE leads (
    lead_id            text PRIMARY KEY,  -- of the city and the initiative, as a match's id
    city               text    NOT NULL,
    initiative_id      text    NOT NULL,
    initiative_version integer NOT NULL,  -- the one that was told
    score              float8  NOT NULL,
    spoke              text[]  NOT NULL,  -- the demands and axes that speak for it
    body               jsonb   NOT NULL,  -- the Match event; what came of it is its need_outcome
    raised_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX leads_of_city ON leads (city);
