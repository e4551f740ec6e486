-- How each reader wants to be told, and what is asked of it at the moment of sending.

-- What a reader itself chose, field by field, over what its cluster's system said of it
-- (recipients.channels and .published) and the hub's defaults. With a scope: the contact of one
-- demand or offer of an organisation, who is another reader than the organisation.
CREATE TABLE preferences (
    kind       text        NOT NULL,
    id         text        NOT NULL,
    scope_kind text        NOT NULL DEFAULT '' CHECK (scope_kind IN ('', 'demand', 'offer')),
    scope_id   text        NOT NULL DEFAULT '',
    chosen     jsonb       NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (kind, id, scope_kind, scope_id),
    FOREIGN KEY (kind, id) REFERENCES recipients (kind, id)
);
ALTER TABLE recipients ADD COLUMN published jsonb NOT NULL DEFAULT '{}';

-- slot: when the digest goes that a delivery waits for. digest: the delivery whose mail tells this
-- one as well ('gathered'); its own id in the one that does. began_at: when its newest attempt
-- began, of which a reader gets so many a day; reader_* and scope_*: who that was. tried_from: since
-- when it could have gone, from which on it is tried for three days. holds: claims that were no
-- attempt, since it was not to go yet.
ALTER TABLE deliveries
    ADD COLUMN slot        timestamptz,
    ADD COLUMN digest      uuid REFERENCES deliveries,
    ADD COLUMN began_at    timestamptz,
    ADD COLUMN reader_kind text,
    ADD COLUMN reader_id   text,
    ADD COLUMN scope_kind  text,
    ADD COLUMN scope_id    text,
    ADD COLUMN tried_from  timestamptz,
    ADD COLUMN holds       integer NOT NULL DEFAULT 0;
ALTER TABLE deliveries DROP CONSTRAINT deliveries_state_check;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_state_check
    CHECK (state IN ('waiting', 'gathered', 'delivered', 'failed', 'undeliverable'));
CREATE INDEX deliveries_begun ON deliveries (reader_kind, reader_id, began_at)
    WHERE began_at IS NOT NULL;
CREATE INDEX deliveries_of_digest ON deliveries (digest) WHERE digest IS NOT NULL;
CREATE INDEX deliveries_waiting_of_entry ON deliveries (entry_id) WHERE state = 'waiting';
