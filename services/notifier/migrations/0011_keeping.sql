-- Finished deliveries are kept for a time. What happened before `until` is planned no more, since the
-- row that would show that it was told may be gone.
CREATE TABLE deliveries_purged (
    only_row boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    until    timestamptz NOT NULL
);
INSERT INTO deliveries_purged (until) VALUES ('-infinity');
-- Rows come in the order of their age, so this finds the old ones at hardly any cost to new ones.
CREATE INDEX deliveries_by_age ON deliveries USING brin (created_at);
