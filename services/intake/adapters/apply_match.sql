INSERT INTO matches (match_id, demand_id, version, state, document)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (match_id) DO UPDATE
SET version = excluded.version, state = excluded.state, document = excluded.document
WHERE matches.version < excluded.version
