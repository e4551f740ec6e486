-- Channels beside mail. endpoint_id: where a webhook or a push goes (vault.endpoints); lane: what
-- shares one receiving host, so that a slow one takes no other's turn. Neither says an address (I6).
ALTER TABLE deliveries DROP CONSTRAINT deliveries_channel_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_channel_check
    CHECK (channel IN ('inbox', 'mail', 'webhook', 'push'));
ALTER TABLE deliveries ADD COLUMN endpoint_id text, ADD COLUMN lane text NOT NULL DEFAULT '';

DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (channel, due_at) WHERE state = 'waiting';
CREATE INDEX deliveries_of_lane ON deliveries (channel, lane, due_at) WHERE state = 'waiting';
CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint_id, created_at)
    WHERE endpoint_id IS NOT NULL;
