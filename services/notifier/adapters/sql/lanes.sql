-- Every lane of channel $3 that something waits in, found by jumping from one to the next in the index (a
-- loose scan), as there may be many deliveries of few.
found AS (
    (SELECT lane FROM deliveries
     WHERE channel = $3 AND state = 'waiting' ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT d.lane FROM deliveries AS d
            WHERE d.channel = $3 AND d.state = 'waiting' AND d.lane > f.lane
            ORDER BY d.lane LIMIT 1)
    FROM found AS f WHERE f.lane IS NOT NULL
)
