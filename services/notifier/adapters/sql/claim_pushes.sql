-- As claim_deliveries.sql, of pushes: the address is that of the endpoint, and only while it is on
-- and is its reader's: what is told to an office moves with it, an endpoint does not.
-- Of each lane (a service) up to $3 less what this worker holds of it already ($4, $5), so that one that
-- hangs takes nobody else's turn. The lanes are found by jumping from one to the next in the index.
WITH RECURSIVE found AS (
    (SELECT lane FROM deliveries
     WHERE channel = 'push' AND state = 'waiting' ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT d.lane FROM deliveries AS d
            WHERE d.channel = 'push' AND d.state = 'waiting' AND d.lane > f.lane
            ORDER BY d.lane LIMIT 1)
    FROM found AS f WHERE f.lane IS NOT NULL
), room AS (
    SELECT f.lane, greatest(0, $3::integer - coalesce(h.held, 0)) AS free
    FROM found AS f LEFT JOIN unnest($4::text[], $5::integer[]) AS h(lane, held) USING (lane)
    WHERE f.lane IS NOT NULL
), due AS (
    SELECT d.delivery_id FROM room AS r
    CROSS JOIN LATERAL (
        SELECT w.delivery_id, w.due_at FROM deliveries AS w
        WHERE w.channel = 'push' AND w.entry_id IS NOT NULL AND w.lane = r.lane
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
