-- $4 and $5: the demand or the offer that the reader's link is about, where it is about one.
SELECT e.entry_id, e.message, e.content, e.created_at, s.match, s.need, s.said, s.members, s.other_title, s.reply
FROM entries AS e JOIN standing AS s USING (entry_id)
WHERE e.recipient_kind = $1 AND e.recipient_id = $2
  AND CASE $4::text
        WHEN 'demand' THEN e.need_id = $5
        WHEN 'offer' THEN s.match #>> '{supply,kind}' = 'offer' AND s.match #>> '{supply,id}' = $5
        ELSE true
    END
ORDER BY e.created_at DESC, e.entry_id LIMIT $3
