SELECT count(*) AS waiting,
    coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest
FROM deliveries WHERE state = 'waiting'
