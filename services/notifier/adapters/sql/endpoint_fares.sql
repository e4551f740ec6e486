-- How endpoints fare: since when one fails, or that the last attempt went well (failing_since null).
UPDATE vault.endpoints AS e SET
    failing_since = f.failing_since,
    last_ok_at = CASE WHEN f.failing_since IS NULL THEN clock_timestamp() ELSE e.last_ok_at END,
    last_failed_at = CASE WHEN f.failing_since IS NULL THEN e.last_failed_at
        ELSE clock_timestamp() END,
    last_failure = coalesce(f.failure, e.last_failure)
FROM jsonb_to_recordset($1::jsonb)
    AS f(endpoint_id text, failing_since timestamptz, failure text)
WHERE e.endpoint_id = f.endpoint_id AND e.state = 'on'
