UPDATE entries SET answer = $2, answer_reason = $3, answer_text = $4, answered_at = $5
WHERE entry_id = $1
