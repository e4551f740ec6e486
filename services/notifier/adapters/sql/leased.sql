-- What is due is tried once more, and is nobody else's for $2 seconds.
claimed AS (
    UPDATE deliveries AS d
    SET attempt = d.attempt + 1, due_at = clock_timestamp() + make_interval(secs => $2)
    FROM due WHERE d.delivery_id = due.delivery_id
    RETURNING d.*
)
