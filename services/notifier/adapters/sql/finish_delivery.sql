-- $5 is the wait in seconds before the next attempt, when there is one.
-- $2 is the attempt that reports: one whose lease ended and was taken over changes nothing.
UPDATE deliveries SET
    state = $3, detail = $4, 
    due_at = coalesce(clock_timestamp() + make_interval(secs => $5), due_at),
    finished_at = CASE WHEN $3 <> 'waiting' THEN clock_timestamp() END
WHERE delivery_id = $1 AND attempt = $2 AND state = 'waiting'
RETURNING delivery_id
