-- As claim_deliveries.sql, of pushes: the address is that of the endpoint, and only while it is on.
WITH due AS (
    SELECT delivery_id FROM deliveries
    WHERE channel = 'push' AND state = 'waiting' AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
),
-- include: leased
SELECT c.delivery_id, e.recipient_kind, e.recipient_id, c.message, c.match_id, c.need_id,
-- include: item_columns
    r.name AS contact_name, p.url AS email, NULL::text AS scope_kind, NULL::text AS scope_id
-- include: item_tables
LEFT JOIN vault.endpoints AS p ON p.endpoint_id = c.endpoint_id AND p.state = 'on'
ORDER BY c.created_at
