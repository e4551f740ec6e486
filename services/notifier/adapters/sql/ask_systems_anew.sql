-- What waits for a pause, or for the morning, of this reader on its way to its own systems, or to tell
-- it that one was switched off, is asked again at once. What waits because a receiver failed waits on.
UPDATE deliveries AS d SET due_at = clock_timestamp(), tried_from = clock_timestamp()
FROM (
    -- The lane leads to what waits by its index.
    SELECT w.delivery_id FROM vault.endpoints AS e
    JOIN deliveries AS w ON w.channel = 'webhook' AND w.lane = e.lane AND w.state = 'waiting'
        AND w.endpoint_id = e.endpoint_id
    WHERE e.owner_kind = $1 AND e.owner_id = $2
    UNION ALL
    SELECT w.delivery_id FROM vault.endpoints AS e
    JOIN deliveries AS w ON w.endpoint_id = e.endpoint_id AND w.channel = 'mail'
        AND w.state = 'waiting'
    WHERE e.owner_kind = $1 AND e.owner_id = $2 OR $1 = 'city' AND e.told_city = $2
) AS theirs
WHERE d.delivery_id = theirs.delivery_id AND d.tried_from > clock_timestamp()
