-- Of these matches ($2, each of the need beside it in $1) those of which something stands in the inbox
-- beside it ($3, $4).
SELECT DISTINCT e.match_id, e.recipient_kind, e.recipient_id
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS asked(need_id, match_id, recipient_kind, recipient_id)
JOIN entries AS e USING (need_id, match_id, recipient_kind, recipient_id)
