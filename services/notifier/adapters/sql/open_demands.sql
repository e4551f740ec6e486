-- The open demands of the cities $1, the newest first, at most $2, each with its matches and the ids
-- of those that were answered on a page (the matcher may not have heard of it yet).
SELECT n.content AS need, asked.matches, (
    SELECT coalesce(array_agg(s.about), '{}')
    FROM said AS s
    WHERE s.act IN ('accept', 'decline', 'withdraw')
      AND s.about IN (SELECT one ->> 'match_id' FROM jsonb_array_elements(asked.matches) AS one)
    ) AS answered
FROM needs AS n
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(m.content ORDER BY (m.content ->> 'rank')::int, m.match_id), '[]')
        AS matches
    FROM matches AS m WHERE m.content #>> '{need,id}' = n.need_id
) AS asked
WHERE n.content #>> '{need,city}' = ANY ($1::text[])
  AND n.content ->> 'state' NOT IN ('fulfilled', 'withdrawn', 'expired')
ORDER BY n.content ->> 'changed_at' DESC, n.need_id LIMIT $2
