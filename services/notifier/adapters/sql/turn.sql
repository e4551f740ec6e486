-- What stands around a delivery ($1) that wants to go to a reader ($3-$6) by attempt $2: whether it
-- is still this attempt's, what began for the same reader since $7, and which digests wait for it.
SELECT d.state = 'waiting' AND d.attempt = $2 AS is_mine, d.slot, d.digest,
    ARRAY(
        SELECT b.began_at FROM deliveries AS b
        WHERE b.reader_kind = $3 AND b.reader_id = $4
          AND b.scope_kind = $5 AND b.scope_id = $6
          AND b.began_at >= $7 AND b.delivery_id <> d.delivery_id) AS begun,
    ARRAY(
        SELECT w.slot FROM deliveries AS w JOIN entries AS e USING (entry_id)
        WHERE e.recipient_kind = $3 AND e.recipient_id = $4
          AND w.state = 'waiting' AND w.slot IS NOT NULL AND w.began_at IS NULL
          AND w.delivery_id <> d.delivery_id) AS slots
FROM deliveries AS d WHERE d.delivery_id = $1
