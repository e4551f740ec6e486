-- $2 source and $3 state filter unless null; "archived" is no state of its own, but follows one.
-- $4 is the id of the last fact already seen.
SELECT f.*
FROM facts f
WHERE f.kind = $1
  AND ($2::text IS NULL OR f.source = $2)
  AND ($3::text IS NULL OR f.state = $3 OR ($3 = 'archived' AND f.archived))
  AND ($4::text IS NULL OR (f.created_at, f.id) < (
      SELECT l.created_at, l.id FROM facts l
      WHERE l.kind = $1 AND l.id = $4 AND ($2::text IS NULL OR l.source = $2)))
ORDER BY f.created_at DESC, f.id DESC
LIMIT $5
