-- As claim_deliveries.sql, of pushes: the address is that of the endpoint, and only while it is on.
WITH due AS (
    SELECT delivery_id FROM deliveries
    WHERE channel = 'push' AND state = 'waiting' AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE deliveries AS d
    SET attempt = d.attempt + 1, due_at = clock_timestamp() + make_interval(secs => $2)
    FROM due WHERE d.delivery_id = due.delivery_id
    RETURNING d.*
)
SELECT c.delivery_id, e.recipient_kind, e.recipient_id, c.message, c.match_id, c.need_id,
    c.locale, c.attempt, coalesce(c.tried_from, c.created_at) AS created_at,
    c.channel, c.slot, c.holds, c.digest,
    e.content, r.name, r.link_epoch, s.match, s.need, s.said, s.members, s.other_title,
    r.name AS contact_name, p.url AS email, NULL::text AS scope_kind, NULL::text AS scope_id
FROM claimed AS c
JOIN entries AS e USING (entry_id)
JOIN standing AS s USING (entry_id)
JOIN recipients AS r ON r.kind = e.recipient_kind AND r.id = e.recipient_id
LEFT JOIN vault.endpoints AS p ON p.endpoint_id = c.endpoint_id AND p.state = 'on'
ORDER BY c.created_at
