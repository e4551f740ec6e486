UPDATE needs SET asked = $2, asked_at = $3
WHERE id = $1 AND (asked_at IS NULL OR asked_at < $3)
