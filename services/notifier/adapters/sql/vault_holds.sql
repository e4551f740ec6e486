-- Whether there is contact data of somebody, for its own page; the data itself is not read.
SELECT v.kind, v.id, coalesce(v.email, '') <> '' OR coalesce(v.phone, '') <> '' AS person,
    coalesce(v.office_email, '') <> '' AS office
FROM unnest($1::text[], $2::text[]) AS place(kind, id)
JOIN vault.contacts AS v USING (kind, id)
