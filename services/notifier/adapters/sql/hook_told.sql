    -- What the gate asks of a reader's own system: whose entry it tells, and what its reader chose. What
    -- it says only where somebody chose about that (hub.chose: the hub did), as it is large. Looked up row by
    -- row, since few webhooks are for readers, and a plan must never scan all entries.
    CASE WHEN c.entry_id IS NOT NULL THEN (
        SELECT jsonb_build_object('kind', n.recipient_kind, 'id', n.recipient_id,
            'channels', r.channels, 'published', r.published, 'chosen', coalesce(p.chosen, '{}'),
            'content', CASE WHEN hub.chose OR r.published || coalesce(p.chosen, '{}')
                ?| ARRAY['least_score', 'muted_cities', 'muted_niches'] THEN n.content END)
        FROM entries AS n
        JOIN recipients AS r ON r.kind = c.recipient_kind AND r.id = c.recipient_id
        LEFT JOIN preferences AS p ON p.kind = r.kind AND p.id = r.id AND p.scope_kind = ''
        WHERE n.entry_id = c.entry_id) END AS told
