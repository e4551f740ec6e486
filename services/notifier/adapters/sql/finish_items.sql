-- What the digest $1 told, or did not tell since it was moot ($3, with $4 as its detail).
UPDATE deliveries SET
    state = CASE WHEN delivery_id = ANY ($3::uuid[]) THEN 'failed' ELSE $2 END,
    detail = CASE WHEN delivery_id = ANY ($3::uuid[]) THEN $4 ELSE $5 END,
    finished_at = clock_timestamp()
WHERE digest = $1 AND (state = 'gathered' OR delivery_id = $1)
