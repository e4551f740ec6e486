-- Contact data of those whom somebody is introduced to, for this one moment (design, I6).
SELECT v.kind, v.id, v.name, v.email, v.phone, v.office_email
FROM unnest($1::text[], $2::text[]) AS place(kind, id)
JOIN vault.contacts AS v USING (kind, id)
