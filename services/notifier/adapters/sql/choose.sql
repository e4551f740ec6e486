INSERT INTO preferences (kind, id, scope_kind, scope_id, chosen, changed_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (kind, id, scope_kind, scope_id) DO UPDATE SET
    chosen = EXCLUDED.chosen, changed_at = EXCLUDED.changed_at
