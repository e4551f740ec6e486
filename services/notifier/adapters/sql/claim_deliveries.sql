-- Takes up to $1 due deliveries for $2 seconds, with all that is needed to write the mail. The
-- address is read here, when the mail goes, and kept nowhere. An ambassador's is its member's.
WITH due AS (
    SELECT delivery_id FROM deliveries
    WHERE state = 'waiting' AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE deliveries AS d
    SET attempt = d.attempt + 1, due_at = clock_timestamp() + make_interval(secs => $2)
    FROM due WHERE d.delivery_id = due.delivery_id
    RETURNING d.*
)
SELECT c.delivery_id, c.recipient_kind, c.recipient_id, c.message, c.match_id, c.need_id,
    c.locale, c.attempt, c.created_at,
    e.recipient_kind AS inbox_kind, e.state AS entry_state, e.answer, e.content,
    r.name, r.link_epoch,
    v.name AS contact_name, v.email
FROM claimed AS c
JOIN entries AS e USING (entry_id)
JOIN recipients AS r ON r.kind = e.recipient_kind AND r.id = e.recipient_id
LEFT JOIN vault.contacts AS v ON v.kind = e.recipient_kind AND v.id = e.recipient_id
ORDER BY c.created_at
