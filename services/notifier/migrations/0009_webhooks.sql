-- Webhooks: what is sent of its own accord has no entry and may have no need (a test). tries: the
-- attempts that were recorded since it was planned or replayed; attempt stays the fence of its claims.
ALTER TABLE deliveries ALTER COLUMN need_id DROP NOT NULL;
ALTER TABLE deliveries ADD COLUMN tries integer NOT NULL DEFAULT 0;
