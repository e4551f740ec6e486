INSERT INTO timeline (demand_id, key, at, what, wave, details) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
