-- $8: whether it goes as a digest, which it then stays on every attempt.
UPDATE deliveries SET
    began_at = $3, reader_kind = $4, reader_id = $5, scope_kind = $6, scope_id = $7,
    digest = CASE WHEN $8 THEN delivery_id END
WHERE delivery_id = $1 AND attempt = $2 AND state = 'waiting'
