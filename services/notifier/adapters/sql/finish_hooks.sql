-- The results of many attempts at once; one whose lease ended and was taken over changes nothing.
-- wait_s: seconds before the next attempt, when there is one. What failed keeps its content, since it
-- can be replayed.
UPDATE deliveries AS d SET
    state = r.state, detail = r.detail, tries = d.tries + 1,
    due_at = coalesce(clock_timestamp() + make_interval(secs => r.wait_s), d.due_at),
    content = CASE WHEN r.state <> 'delivered' THEN d.content END,
    finished_at = CASE WHEN r.state <> 'waiting' THEN clock_timestamp() END
FROM jsonb_to_recordset($1::jsonb)
    AS r(delivery_id uuid, attempt integer, state text, detail text, wait_s float8)
WHERE d.delivery_id = r.delivery_id AND d.attempt = r.attempt AND d.state = 'waiting'
RETURNING d.delivery_id
