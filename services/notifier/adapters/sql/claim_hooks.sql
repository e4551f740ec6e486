-- Takes up to $1 due deliveries of channel $3 for $2 seconds: of each lane (a receiving host) up to
-- $4 less what this worker holds of it already ($5, $6), one alone of a lane that keeps failing. So a
-- host that hangs takes nobody else's turn, and one statement looks at each lane only.
WITH RECURSIVE
-- include: lanes
, room AS (
    SELECT f.lane, greatest(0, CASE WHEN EXISTS (
        SELECT FROM vault.endpoints AS e
        WHERE e.lane = f.lane AND e.state = 'on' AND e.failing_since IS NOT NULL
    ) THEN 1 ELSE $4::integer END - coalesce(h.held, 0)) AS free
    FROM found AS f LEFT JOIN unnest($5::text[], $6::integer[]) AS h(lane, held) USING (lane)
    WHERE f.lane IS NOT NULL
), due AS (
    SELECT d.delivery_id FROM room AS r
    CROSS JOIN LATERAL (
        SELECT w.delivery_id, w.due_at FROM deliveries AS w
        WHERE w.channel = $3 AND w.lane = r.lane AND w.state = 'waiting'
          AND w.due_at <= clock_timestamp()
        ORDER BY w.due_at LIMIT r.free FOR UPDATE SKIP LOCKED
    ) AS d
    WHERE r.free > 0
    ORDER BY d.due_at LIMIT $1
),
-- include: leased
SELECT c.delivery_id, c.recipient_kind, c.recipient_id, c.channel, c.endpoint_id, c.lane,
    c.attempt, c.tries, c.message, c.match_id, c.need_id, c.locale, c.content::text AS body,
    c.created_at, e.url, e.secret, e.state, e.failing_since, e.last_ok_at,
    CASE WHEN e.old_until > clock_timestamp() THEN e.old_secret END AS old_secret,
    -- include: hook_told
FROM claimed AS c CROSS JOIN (SELECT $7::boolean AS chose) AS hub
LEFT JOIN vault.endpoints AS e USING (endpoint_id)
ORDER BY c.created_at
