-- As claim_deliveries.sql, of pushes: the address is that of the endpoint, and only while it is on
-- and is its reader's: what is told to an office moves with it, an endpoint does not.
-- Of each lane (a service) up to $4 less what this worker holds of it already ($5, $6), so that one that
-- hangs takes nobody else's turn.
WITH RECURSIVE
-- include: lanes
, room AS (
    SELECT f.lane, greatest(0, $4::integer - coalesce(h.held, 0)) AS free
    FROM found AS f LEFT JOIN unnest($5::text[], $6::integer[]) AS h(lane, held) USING (lane)
    WHERE f.lane IS NOT NULL
), due AS (
    SELECT d.delivery_id FROM room AS r
    CROSS JOIN LATERAL (
        SELECT w.delivery_id, w.due_at FROM deliveries AS w
        WHERE w.channel = $3 AND w.entry_id IS NOT NULL AND w.lane = r.lane
          AND w.state = 'waiting' AND w.due_at <= clock_timestamp()
        ORDER BY w.due_at LIMIT r.free FOR UPDATE SKIP LOCKED
    ) AS d
    WHERE r.free > 0
    ORDER BY d.due_at LIMIT $1
),
-- include: leased
SELECT c.delivery_id, e.recipient_kind, e.recipient_id, c.message, c.match_id, c.need_id, c.lane,
-- include: item_columns
    r.name AS contact_name, p.url AS email, NULL::text AS scope_kind, NULL::text AS scope_id
-- include: item_tables
LEFT JOIN vault.endpoints AS p ON p.endpoint_id = c.endpoint_id AND p.state = 'on'
    AND p.owner_kind = e.recipient_kind AND p.owner_id = e.recipient_id
ORDER BY c.created_at
