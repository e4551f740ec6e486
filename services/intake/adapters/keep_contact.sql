INSERT INTO vault.contacts (kind, id, name, email, phone, office_email)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (kind, id) DO UPDATE
SET name = excluded.name, email = excluded.email, phone = excluded.phone,
    office_email = excluded.office_email, updated_at = clock_timestamp()
