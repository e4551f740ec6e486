-- The open demands of the city $1, the newest first, at most $2, as open_demands.sql has them; or the
-- one with the id $3, open or over.
SELECT n.content AS need, asked.matches, (
    SELECT coalesce(array_agg(s.about), '{}')
    FROM said AS s
    WHERE s.act IN ('accept', 'decline', 'withdraw') AND s.recipient_kind <> 'city'
      AND s.about IN (SELECT one ->> 'match_id' FROM jsonb_array_elements(asked.matches) AS one)
    ) AS answered
FROM needs AS n
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(m.content ORDER BY (m.content ->> 'rank')::int, m.match_id), '[]')
        AS matches
    FROM matches AS m WHERE m.content #>> '{need,id}' = n.need_id
) AS asked
WHERE n.content #>> '{need,city}' = $1
  AND n.content #>> '{need,owner,type}' = 'city' AND n.content #>> '{need,owner,id}' = $1
  AND ($3::text IS NULL AND n.content ->> 'state' NOT IN ('fulfilled', 'withdrawn', 'expired')
       OR n.need_id = $3)
ORDER BY n.content ->> 'changed_at' DESC, n.need_id LIMIT $2
