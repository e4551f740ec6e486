SELECT d.delivery_id, d.message, d.channel, d.recipient_kind, e.content, e.created_at,
    s.match, s.need, s.said, s.members, s.other_title, s.reply
FROM deliveries AS d JOIN entries AS e USING (entry_id) JOIN standing AS s USING (entry_id)
WHERE d.digest = $1 AND d.state IN ('waiting', 'gathered')
ORDER BY e.created_at DESC, d.delivery_id
