-- Of the mails that could go: what waits for its reader's hour, or its digest, is not late. An
-- endpoint that is away for a day delays its own webhooks alone, and its owner sees that.
SELECT count(*) AS waiting,
    coalesce(extract(epoch FROM clock_timestamp()
        - min(coalesce(tried_from, created_at))), 0)::float8 AS oldest
FROM deliveries
WHERE channel = 'mail' AND state = 'waiting' AND coalesce(tried_from, created_at) <= clock_timestamp()
