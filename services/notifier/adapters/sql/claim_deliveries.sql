-- Takes up to $1 due mails for $2 seconds, with all that is needed to write the mail. The
-- address is read here, when the mail goes, and kept nowhere. An ambassador's is its member's, that
-- of who holds the office now. A city or a committee is written to where its demand or its offer
-- says, before its own; scope_kind and scope_id then name that item, unless both addresses are one.
WITH due AS (
    SELECT delivery_id FROM deliveries
    WHERE channel = 'mail' AND endpoint_id IS NULL AND state = 'waiting' AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
),
-- include: leased
SELECT c.delivery_id, c.recipient_kind, e.recipient_id, c.message, c.match_id, c.need_id,
-- include: item_columns
    v.name AS contact_name, v.email, v.scope_kind, v.scope_id
-- include: item_tables
-- include: address
ORDER BY c.created_at
