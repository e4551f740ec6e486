-- The need's row, which is held until the end of the transaction, with the newest brief.
INSERT INTO needs (id, kind, brief, brief_version) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE
SET brief = excluded.brief, brief_version = excluded.brief_version
WHERE needs.brief_version < excluded.brief_version
