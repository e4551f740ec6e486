-- A decision about an older version of the demand says nothing of the present one.
SELECT f.id AS demand_id,
       f.state,
       (SELECT d.outcome FROM decisions d
        WHERE d.demand_id = f.id AND d.demand_version >= f.version
        ORDER BY d.decided_at DESC LIMIT 1) AS outcome,
       ARRAY(SELECT DISTINCT m.state FROM matches m WHERE m.demand_id = f.id) AS matches
FROM facts f
WHERE f.kind = 'demand' AND f.id = ANY ($1::text[])
