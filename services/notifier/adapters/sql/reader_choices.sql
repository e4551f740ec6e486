-- $3 and $4: of the contact of one demand or offer, whose own choices alone count; else ''.
SELECT r.channels, r.published, coalesce(p.chosen, '{}') AS chosen
FROM recipients AS r
LEFT JOIN preferences AS p ON p.kind = r.kind AND p.id = r.id
    AND p.scope_kind = $3 AND p.scope_id = $4
WHERE r.kind = $1 AND r.id = $2
