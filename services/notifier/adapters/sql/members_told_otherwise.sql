-- The members of $1 (as in put_members.sql) of whom something newer is about to be stored, and whether
-- something else holds for them by it. All are held until the end, in the order in which whoever else
-- holds several readers does, so that no two wait for each other.
SELECT r.id, (r.channels, r.published)
    IS DISTINCT FROM (m.channels, coalesce(m.published, '{}')) AS otherwise
FROM recipients AS r
JOIN jsonb_to_recordset($1::jsonb)
    AS m(id text, channels text[], version bigint, published jsonb) ON m.id = r.id
WHERE r.kind = 'member' AND r.version < m.version
ORDER BY r.id COLLATE "C" FOR NO KEY UPDATE OF r
