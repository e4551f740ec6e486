-- What systems told the hub. One row is one demand, offer, member or directory entry in its newest
-- version; its events are in the outbox. Whoever changes a row locks it first, so that the events
-- of one key have ids in commit order (design, I4).
CREATE TABLE facts (
    kind        text        NOT NULL CHECK (kind IN ('demand', 'offer', 'member', 'directory')),
    id          text        NOT NULL,
    source      text        NOT NULL,
    external_id text        NOT NULL,
    -- Of the newest event; 0 only inside the transaction that makes the row.
    version     bigint      NOT NULL,
    -- A version that a sender names must be above this one.
    claim_floor bigint      NOT NULL,
    -- SHA-256 of the content as sent; the same digest is the same content.
    digest      bytea       NOT NULL,
    state       text        NOT NULL,
    -- Why it was withdrawn, in the sender's words.
    note        text        NOT NULL,
    -- The event's data at this version. Never contact data: that is in the vault.
    document    jsonb       NOT NULL,
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (kind, id)
);
-- Pages of one source's facts, and of the hub's, newest first.
CREATE INDEX facts_of_source ON facts (kind, source, created_at DESC, id DESC);
CREATE INDEX facts_newest ON facts (kind, created_at DESC, id DESC);

-- The status view: each match of a demand in its newest state, as the matcher told it.
CREATE TABLE matches (
    match_id  text   PRIMARY KEY,
    demand_id text   NOT NULL,
    version   bigint NOT NULL,
    state     text   NOT NULL,
    -- The Match event without the need.
    document  jsonb  NOT NULL
);
CREATE INDEX matches_of_demand ON matches (demand_id);

-- The newest decision about each wave of a demand.
CREATE TABLE decisions (
    demand_id      text        NOT NULL,
    wave           bigint      NOT NULL,
    outcome        text        NOT NULL,
    demand_version bigint      NOT NULL,
    proposed       bigint      NOT NULL,
    considered     bigint      NOT NULL,
    policy_version text        NOT NULL,
    decided_at     timestamptz NOT NULL,
    PRIMARY KEY (demand_id, wave)
);

-- Who may speak to the hub, over HTTP with a key or over Kafka as ce_source.
CREATE TABLE sources (
    source     text        PRIMARY KEY CHECK (source ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,119}$'),
    role       text        NOT NULL CHECK (role IN ('city', 'cluster', 'hub')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Only the SHA-256 of a key is kept (adapters/keys.py says why that is enough).
CREATE TABLE api_keys (
    key_id     text        PRIMARY KEY,
    source     text        NOT NULL REFERENCES sources,
    hash       bytea       NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_at timestamptz
);
CREATE INDEX api_keys_of_source ON api_keys (source);

-- The only place of contact data (design, I6): intake writes it, the notifier reads it, the
-- matcher has no right to it. Erasing a person is deleting a row here.
CREATE TABLE vault.contacts (
    kind       text        NOT NULL
        CHECK (kind IN ('city', 'committee', 'member', 'demand', 'offer')),
    id         text        NOT NULL,
    name       text,
    email      text,
    phone      text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, id)
);
GRANT USAGE ON SCHEMA vault TO jisr_notifier;
GRANT SELECT ON vault.contacts TO jisr_notifier;
