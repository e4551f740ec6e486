-- Make the rows of facts told for the first time, so that there is something to lock; whoever
-- comes second to the same id waits here for the first to commit. `save_fact.sql` completes them.
INSERT INTO facts (kind, id, source, external_id, version, claim_floor, digest, state, note,
                   document, created_at, changed_at)
SELECT kind, id, source, external_id, 0, 0, '', 'open', '', '{}', now(), now()
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS new (kind, id, source, external_id)
ORDER BY kind, id
ON CONFLICT DO NOTHING
