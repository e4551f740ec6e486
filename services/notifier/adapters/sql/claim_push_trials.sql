-- Takes up to $1 due tests of pushes for $2 seconds: they are about nothing, so they have no entry.
WITH due AS (
    SELECT delivery_id FROM deliveries
    WHERE channel = 'push' AND entry_id IS NULL AND state = 'waiting'
      AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
),
-- include: leased
SELECT c.delivery_id, c.attempt, c.recipient_kind, c.recipient_id, c.endpoint_id, c.lane,
    coalesce(p.chosen ->> 'locale', r.locale, c.locale) AS locale, e.url
FROM claimed AS c
LEFT JOIN vault.endpoints AS e ON e.endpoint_id = c.endpoint_id AND e.state = 'on'
LEFT JOIN recipients AS r ON r.kind = c.recipient_kind AND r.id = c.recipient_id
LEFT JOIN preferences AS p ON p.kind = r.kind AND p.id = r.id AND p.scope_kind = ''
