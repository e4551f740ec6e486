-- What each version of the policy says, so that it never says anything else: matches name the
-- version that made them. `body` is the file as data.
CREATE TABLE policies (
    version text PRIMARY KEY,
    body jsonb NOT NULL,
    first_used_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
