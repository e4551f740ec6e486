SELECT kind, id, source, document->>'cluster' AS cluster
FROM facts
WHERE (kind, id) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND version > 0
