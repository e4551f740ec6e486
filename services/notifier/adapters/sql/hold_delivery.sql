-- It was not to go yet: it is asked again after $3 seconds, at $4 when it goes with a digest. The
-- attempt goes on counting, as it is the fence; `holds` says that nothing was tried.
UPDATE deliveries SET
    due_at = clock_timestamp() + make_interval(secs => $3), slot = $4,
    tried_from = clock_timestamp() + make_interval(secs => $3), holds = holds + 1
WHERE delivery_id = $1 AND attempt = $2 AND state = 'waiting'
