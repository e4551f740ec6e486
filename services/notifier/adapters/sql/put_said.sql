INSERT INTO said (said_id, recipient_kind, recipient_id, act, about, reason, words, said_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (said_id) DO NOTHING
RETURNING said_id
