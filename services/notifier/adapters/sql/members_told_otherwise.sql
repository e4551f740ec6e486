-- The members of $1 (as in put_members.sql) for whom something else holds by what is about to be stored.
-- Held until the end, as by whoever sends to them.
SELECT r.id
FROM recipients AS r
JOIN jsonb_to_recordset($1::jsonb)
    AS m(id text, channels text[], version integer, published jsonb) ON m.id = r.id
WHERE r.kind = 'member' AND r.version < m.version
  AND (r.channels, r.published) IS DISTINCT FROM (m.channels, coalesce(m.published, '{}'))
ORDER BY r.id FOR NO KEY UPDATE OF r
