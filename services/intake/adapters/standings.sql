-- A decision about an older version of the demand says nothing of the present one, nor does what
-- the matcher told of one that was withdrawn before the demand was opened again.
SELECT f.id AS demand_id,
       f.state,
       f.archived,
       n.told->>'state' AS told,
       coalesce((n.told->>'archived')::boolean, false) AS put_away,
       (SELECT d.outcome FROM decisions d
        WHERE d.demand_id = f.id AND d.demand_version >= f.version
        ORDER BY d.decided_at DESC LIMIT 1) AS outcome,
       ARRAY(SELECT DISTINCT m.state FROM matches m WHERE m.demand_id = f.id) AS matches
FROM facts f
LEFT JOIN needs n ON n.id = f.id AND n.told_of >= f.opened
WHERE f.kind = 'demand' AND f.id = ANY ($1::text[])
