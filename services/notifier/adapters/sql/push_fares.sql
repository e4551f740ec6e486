-- How the endpoint of push $1 fares: since when it fails, or that the last one was taken ($2).
UPDATE vault.endpoints AS e SET
    failing_since = CASE WHEN $2 THEN NULL ELSE coalesce(e.failing_since, clock_timestamp()) END,
    last_ok_at = CASE WHEN $2 THEN clock_timestamp() ELSE e.last_ok_at END,
    last_failed_at = CASE WHEN $2 THEN e.last_failed_at ELSE clock_timestamp() END,
    last_failure = CASE WHEN $2 THEN e.last_failure ELSE $3 END
FROM deliveries AS d
WHERE d.delivery_id = $1 AND e.endpoint_id = d.endpoint_id AND e.state = 'on'
