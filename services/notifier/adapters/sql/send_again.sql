-- As if planned now: how long it is tried counts from here. The attempts go on counting, as they
-- are the fence.
UPDATE deliveries SET
    state = 'waiting', detail = '', finished_at = NULL,
    created_at = clock_timestamp(), due_at = clock_timestamp(),
    slot = NULL, digest = NULL, began_at = NULL, tried_from = NULL
WHERE delivery_id = ANY ($1::uuid[]) AND state = 'undeliverable'
