INSERT INTO answers (id, need_id, digest, document) VALUES ($1, $2, $3, $4)
