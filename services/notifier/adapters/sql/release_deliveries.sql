-- Gives back what was claimed and not begun; `holds` says that nothing was tried.
UPDATE deliveries AS d SET due_at = clock_timestamp(), holds = d.holds + 1
FROM unnest($1::uuid[], $2::integer[]) AS r(delivery_id, attempt)
WHERE d.delivery_id = r.delivery_id AND d.attempt = r.attempt AND d.state = 'waiting'
