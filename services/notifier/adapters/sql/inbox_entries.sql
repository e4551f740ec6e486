SELECT entry_id, message, state, content, created_at, answer, answer_reason, answered_at
FROM entries WHERE recipient_kind = $1 AND recipient_id = $2
ORDER BY created_at DESC, entry_id LIMIT $3
