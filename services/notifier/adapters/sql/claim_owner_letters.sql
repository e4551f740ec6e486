-- Takes up to $1 due mails about endpoints that were switched off, for $2 seconds. The address is
-- the endpoint's own, else its owner's, else that of the city that its system speaks for; the reader
-- is whose address it is, none where the endpoint names one.
WITH due AS (
    SELECT delivery_id FROM deliveries
    WHERE channel = 'mail' AND endpoint_id IS NOT NULL AND state = 'waiting'
      AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
),
-- include: leased
SELECT c.delivery_id, c.attempt, c.holds, coalesce(c.tried_from, c.created_at) AS created_at,
    c.recipient_kind, c.recipient_id, c.endpoint_id,
    coalesce(r.locale, c.locale) AS locale, c.content, coalesce(e.url, '') AS url,
    coalesce(e.last_failure, '') AS last_failure,
    CASE WHEN e.state = 'off' THEN coalesce(e.email, own.email, city.email) END AS address,
    CASE WHEN e.email IS NOT NULL THEN NULL WHEN e.owner_kind <> 'source' THEN e.owner_kind
        WHEN e.told_city IS NOT NULL THEN 'city' END AS reader_kind,
    CASE WHEN e.owner_kind <> 'source' THEN e.owner_id ELSE e.told_city END AS reader_id
FROM claimed AS c
LEFT JOIN vault.endpoints AS e USING (endpoint_id)
LEFT JOIN vault.contacts AS own ON own.kind = e.owner_kind AND own.id = e.owner_id
LEFT JOIN vault.contacts AS city ON city.kind = 'city' AND city.id = e.told_city
LEFT JOIN recipients AS r ON r.kind = e.owner_kind AND r.id = e.owner_id
