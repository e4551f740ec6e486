-- What waits to come for this reader and has not begun is asked again at once, by its new preferences. A
-- worker that holds one finds that it is no longer its own.
UPDATE deliveries AS d SET due_at = clock_timestamp(), slot = NULL
FROM entries AS e
WHERE e.entry_id = d.entry_id AND e.recipient_kind = $1 AND e.recipient_id = $2
  AND d.channel IN ('mail', 'push') AND d.state = 'waiting' AND d.began_at IS NULL
