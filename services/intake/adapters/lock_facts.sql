-- Hold facts until the end of the transaction, in one order for everybody (no deadlock).
SELECT f.*
FROM facts f
WHERE (f.kind, f.id) IN (SELECT * FROM unnest($1::text[], $2::text[]))
ORDER BY f.kind, f.id
FOR UPDATE
