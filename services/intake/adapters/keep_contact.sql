INSERT INTO vault.contacts (kind, id, name, email, phone)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, id) DO UPDATE
SET name = excluded.name, email = excluded.email, phone = excluded.phone,
    updated_at = clock_timestamp()
