-- Of those that could go: what waits for its reader's hour, or its digest, is not late.
SELECT count(*) AS waiting,
    coalesce(extract(epoch FROM clock_timestamp()
        - min(coalesce(tried_from, created_at))), 0)::float8 AS oldest
FROM deliveries
WHERE state = 'waiting' AND coalesce(tried_from, created_at) <= clock_timestamp()
