-- Who is in office for which cluster at the city $1, and who wrote the member down.
SELECT a.document->>'cluster' AS cluster, member.id AS member_id, m.source
FROM facts a
CROSS JOIN LATERAL (
    VALUES (1, a.document->>'member_id'), (2, a.document->>'deputy_id')) AS member (place, id)
LEFT JOIN facts m ON m.kind = 'member' AND m.id = member.id AND m.version > 0
WHERE a.kind = 'directory' AND a.id LIKE 'ambassador:%' AND a.state = 'active'
  AND a.document->>'city' = $1 AND member.id IS NOT NULL
ORDER BY cluster, member.place
