-- What goes to endpoints, each once; what is for one that is off counts as failed from the start.
INSERT INTO deliveries
    (delivery_id, entry_id, recipient_kind, recipient_id, channel, message, match_id, need_id,
     locale, state, due_at, detail, content, endpoint_id, lane, slot, finished_at, tried_from)
SELECT h.delivery_id, h.entry_id, h.owner_kind, h.owner_id, h.channel, h.message, h.match_id,
    h.need_id, h.locale, CASE WHEN h.is_on THEN 'waiting' ELSE 'failed' END,
    clock_timestamp() + make_interval(secs => h.wait_s),
    CASE WHEN h.is_on THEN '' ELSE 'the endpoint is off' END, h.content, h.endpoint_id, h.lane, h.slot,
    CASE WHEN NOT h.is_on THEN clock_timestamp() END,
    clock_timestamp() + make_interval(secs => h.wait_s)
FROM jsonb_to_recordset($1::jsonb)
    AS h(delivery_id uuid, entry_id uuid, owner_kind text, owner_id text, channel text,
         message text, match_id text, need_id text, locale text, content jsonb, endpoint_id text,
         lane text, is_on boolean, wait_s float8, slot timestamptz, at timestamptz)
-- Of what happened longer ago than deliveries are kept, it is not known what was told.
WHERE h.at >= (SELECT until FROM deliveries_purged)
ON CONFLICT (delivery_id) DO NOTHING
RETURNING delivery_id
