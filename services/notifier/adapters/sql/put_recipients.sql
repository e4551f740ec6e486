-- Makes known who was never heard of; a member's own event, with a version, says more later.
INSERT INTO recipients (kind, id, name, locale)
SELECT kind, id, name, locale
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS new(kind, id, name, locale)
ON CONFLICT (kind, id) DO NOTHING
