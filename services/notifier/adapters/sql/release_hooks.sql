-- Gives back what was claimed and not begun.
UPDATE deliveries AS d SET due_at = clock_timestamp()
FROM unnest($1::uuid[], $2::integer[]) AS r(delivery_id, attempt)
WHERE d.delivery_id = r.delivery_id AND d.attempt = r.attempt AND d.state = 'waiting'
