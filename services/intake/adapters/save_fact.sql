UPDATE facts
SET version = $3, claim_floor = $4, digest = $5, state = $6, note = $7, document = $8,
    created_at = $9, changed_at = $10, opened = $11, archived = $12
WHERE kind = $1 AND id = $2
