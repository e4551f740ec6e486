-- Lets the digest of $1 tell all that waits, by the same channel and way, for the same reader ($2,
-- $3) and its slot or an earlier one ($6). Of a city or a committee, only what goes to the same
-- address: a contact of one item ($4, $5) reads of that item alone.
WITH fitting AS (
    SELECT f.delivery_id
    FROM deliveries AS lead
    JOIN deliveries AS f ON f.channel = lead.channel
        AND f.endpoint_id IS NOT DISTINCT FROM lead.endpoint_id
        AND f.delivery_id <> lead.delivery_id
    JOIN entries AS e ON e.entry_id = f.entry_id
    JOIN standing AS s ON s.entry_id = e.entry_id
    -- include: address
    WHERE lead.delivery_id = $1
      AND e.recipient_kind = $2 AND e.recipient_id = $3
      AND coalesce(v.scope_kind, '') = $4 AND coalesce(v.scope_id, '') = $5
      AND f.state = 'waiting' AND f.slot <= $6 AND f.began_at IS NULL
)
UPDATE deliveries AS d SET state = 'gathered', digest = $1, attempt = d.attempt + 1
FROM fitting WHERE d.delivery_id = fitting.delivery_id
