-- What owners have asked for, oldest first; taken away as it is carried out.
DELETE FROM vault.endpoint_orders AS o
USING (
    SELECT order_id FROM vault.endpoint_orders ORDER BY order_id LIMIT 20 FOR UPDATE SKIP LOCKED
) AS next
WHERE o.order_id = next.order_id
RETURNING o.order_id, o.endpoint_id, o.what, o.since
