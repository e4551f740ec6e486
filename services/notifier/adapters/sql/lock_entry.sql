SELECT entry_id, message, match_id, need_id, state, answer FROM entries
WHERE entry_id = $1 AND recipient_kind = $2 AND recipient_id = $3 FOR UPDATE
