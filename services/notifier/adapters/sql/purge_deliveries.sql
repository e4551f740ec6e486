-- Deletes up to $1 deliveries that finished before all that may still be planned. What waits, or was
-- gathered by a digest that waits, has not finished. What was for an office and reached nobody stays,
-- as it is told once somebody can be reached. A digest goes after what it told.
WITH old AS (
    SELECT d.delivery_id FROM deliveries AS d CROSS JOIN deliveries_purged AS p
    WHERE d.created_at < p.until AND d.finished_at < p.until
      AND d.state IN ('delivered', 'failed', 'undeliverable')
      AND NOT (d.state = 'undeliverable' AND d.recipient_kind = 'ambassador')
      AND NOT EXISTS (
          SELECT FROM deliveries AS told
          WHERE told.digest = d.delivery_id AND told.delivery_id <> d.delivery_id)
    LIMIT $1 FOR UPDATE OF d SKIP LOCKED
)
DELETE FROM deliveries AS d USING old WHERE d.delivery_id = old.delivery_id
RETURNING d.delivery_id
