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
    c.locale, c.attempt, c.created_at,
    e.content, r.name, r.link_epoch, s.match, s.need, s.said, s.members, s.other_title,
    v.name AS contact_name, v.email, v.scope_kind, v.scope_id
FROM claimed AS c
JOIN entries AS e USING (entry_id)
JOIN standing AS s USING (entry_id)
JOIN recipients AS r ON r.kind = e.recipient_kind AND r.id = e.recipient_id
CROSS JOIN LATERAL (
    SELECT coalesce(s.match, e.content) AS item,
        jsonb_build_object('type', e.recipient_kind, 'id', e.recipient_id) AS reader,
        e.recipient_kind IN ('city', 'committee') AS is_many
) AS told
LEFT JOIN LATERAL (
    SELECT found.name, found.email,
        CASE WHEN found.kind <> e.recipient_kind AND NOT found.is_own THEN found.kind END
            AS scope_kind,
        CASE WHEN found.kind <> e.recipient_kind AND NOT found.is_own THEN found.id END
            AS scope_id
    FROM (
        SELECT v.*, place.rank, EXISTS (
            SELECT FROM vault.contacts AS own
            WHERE own.kind = e.recipient_kind AND own.id = e.recipient_id
              AND lower(own.email) = lower(v.email)) AS is_own
        FROM (VALUES
            (1, 'demand', CASE WHEN is_many AND item #> '{need,owner}' = reader
                THEN e.need_id END),
            (2, 'offer', CASE WHEN is_many AND item #> '{supply,owner}' = reader
                AND item #>> '{supply,kind}' = 'offer' THEN item #>> '{supply,id}' END),
            (3, e.recipient_kind, e.recipient_id)
        ) AS place(rank, kind, id)
        JOIN vault.contacts AS v ON v.kind = place.kind AND v.id = place.id
        WHERE v.email <> ''
    ) AS found
    ORDER BY found.rank LIMIT 1
) AS v ON true
ORDER BY c.created_at
