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
