-- Due times are told as seconds from now and judged by the database's clock alone.
INSERT INTO deliveries
    (delivery_id, entry_id, recipient_kind, recipient_id, channel, message, match_id, need_id,
     locale, state, due_at, detail, content, finished_at,
     slot, tried_from)
SELECT d.delivery_id, d.entry_id, d.recipient_kind, d.recipient_id, d.channel, d.message,
    d.match_id, d.need_id, d.locale, d.state,
    clock_timestamp() + make_interval(secs => d.wait_s), d.detail, d.content,
    CASE WHEN d.state <> 'waiting' THEN clock_timestamp() END, d.slot,
    clock_timestamp() + make_interval(secs => d.wait_s)
FROM jsonb_to_recordset($1::jsonb)
    AS d(delivery_id uuid, entry_id uuid, recipient_kind text, recipient_id text, channel text,
         message text, match_id text, need_id text, locale text, state text, wait_s float8,
         detail text, content jsonb, slot timestamptz)
-- Of what has stood on a page for longer than deliveries are kept, it is not known what was told.
WHERE NOT EXISTS (
    SELECT FROM entries AS e CROSS JOIN deliveries_purged AS p
    WHERE e.entry_id = d.entry_id AND e.created_at < p.until)
ON CONFLICT (delivery_id) DO NOTHING
RETURNING delivery_id, state
