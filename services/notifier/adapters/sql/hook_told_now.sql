-- What the gate asks of delivery $1, as of now.
SELECT c.recipient_kind, c.recipient_id, c.message,
-- include: hook_told
FROM deliveries AS c CROSS JOIN (SELECT $2::boolean AS chose) AS hub WHERE c.delivery_id = $1
