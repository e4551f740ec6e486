-- Sends again, under its id, what failed at an endpoint since a moment, oldest first.
UPDATE deliveries SET
    state = 'waiting', tries = 0, detail = '', finished_at = NULL, due_at = clock_timestamp()
WHERE endpoint_id = $1 AND channel IN ('webhook', 'push') AND state = 'failed' AND created_at >= $2
RETURNING delivery_id
