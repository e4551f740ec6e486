-- Switches endpoint $1 off because of $2 (it failed since $3, at last with $4). What waits for it has
-- failed, and can be replayed; its owner is written to once, by delivery $5.
WITH off AS (
    UPDATE vault.endpoints SET
        state = 'off', off_because = $2, off_at = clock_timestamp(), failing_since = $3,
        last_failed_at = clock_timestamp(), last_failure = $4
    WHERE endpoint_id = $1 AND state = 'on'
    RETURNING *
), stopped AS (
    UPDATE deliveries AS d SET
        state = 'failed', detail = 'the endpoint is off', finished_at = clock_timestamp()
    FROM off WHERE d.endpoint_id = off.endpoint_id AND d.state = 'waiting'
)
INSERT INTO deliveries (delivery_id, recipient_kind, recipient_id, channel, message, locale, due_at,
    content, endpoint_id)
SELECT $5, off.owner_kind, off.owner_id, 'mail', 'endpoint-off', 'fr', clock_timestamp(),
    jsonb_build_object('because', off.off_because, 'since', $3::timestamptz), off.endpoint_id
FROM off
ON CONFLICT (delivery_id) DO NOTHING
