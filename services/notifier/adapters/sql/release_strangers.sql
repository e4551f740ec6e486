-- Before a digest ($1) is tried again: what belongs to another reader by now than $2-$5, since an
-- office changed hands or a contact was erased, goes its own way again.
WITH stranger AS (
    SELECT f.delivery_id
    FROM deliveries AS f
    JOIN entries AS e ON e.entry_id = f.entry_id
    JOIN standing AS s ON s.entry_id = e.entry_id
    -- include: address
    WHERE f.digest = $1 AND f.state = 'gathered'
      AND (e.recipient_kind, e.recipient_id, coalesce(v.scope_kind, ''), coalesce(v.scope_id, ''))
          <> ($2, $3, $4, $5)
)
UPDATE deliveries AS d SET state = 'waiting', digest = NULL, slot = NULL, due_at = clock_timestamp()
FROM stranger WHERE d.delivery_id = stranger.delivery_id
