-- Takes up to $1 due mails for $2 seconds, with all that is needed to write the mail. The
-- address is read here, when the mail goes, and kept nowhere. An ambassador's is its member's, that
-- of who holds the office now. A city or a committee is written to where its demand or its offer
-- says, before its own; scope_kind and scope_id then name that item, unless both addresses are one.
WITH due AS (
    SELECT delivery_id FROM deliveries
    WHERE channel = 'mail' AND endpoint_id IS NULL AND state = 'waiting' AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE deliveries AS d
    SET attempt = d.attempt + 1, due_at = clock_timestamp() + make_interval(secs => $2)
    FROM due WHERE d.delivery_id = due.delivery_id
    RETURNING d.*
)
SELECT c.delivery_id, c.recipient_kind, e.recipient_id, c.message, c.match_id, c.need_id,
    c.locale, c.attempt, coalesce(c.tried_from, c.created_at) AS created_at,
    c.channel, c.slot, c.holds, c.digest,
    e.content, r.name, r.link_epoch, s.match, s.need, s.said, s.members, s.other_title,
    v.name AS contact_name, v.email, v.scope_kind, v.scope_id
FROM claimed AS c
JOIN entries AS e USING (entry_id)
JOIN standing AS s USING (entry_id)
JOIN recipients AS r ON r.kind = e.recipient_kind AND r.id = e.recipient_id
-- include: address
ORDER BY c.created_at
