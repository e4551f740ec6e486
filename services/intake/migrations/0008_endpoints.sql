-- Where systems and members want to be told: addresses and secrets are contact data (design, I6), so
-- they stand in the vault. Systems register theirs with intake, members theirs on the notifier's page;
-- the notifier, which sends, also keeps how each fares.
CREATE TABLE vault.endpoints (
    endpoint_id    text        PRIMARY KEY,
    -- A source that speaks to intake, or somebody with an inbox.
    owner_kind     text        NOT NULL
        CHECK (owner_kind IN ('source', 'member', 'city', 'committee')),
    owner_id       text        NOT NULL,
    channel        text        NOT NULL CHECK (channel IN ('webhook', 'push')),
    url            text        NOT NULL,
    -- A mark of the receiving host: deliveries to one host share a lane. It says no name.
    lane           text        NOT NULL,
    -- The types of events that it wants; none named: all.
    wants          text[]      NOT NULL DEFAULT '{}',
    note           text        NOT NULL DEFAULT '',
    -- Who is written to when it is switched off; null: the address of the owner, or of told_city.
    email          text,
    told_city      text,
    -- After a change the old secret signs too, until old_until.
    secret         bytea       NOT NULL CHECK (length(secret) BETWEEN 24 AND 64),
    old_secret     bytea,
    old_until      timestamptz,
    state          text        NOT NULL DEFAULT 'on' CHECK (state IN ('on', 'off')),
    off_because    text        CHECK (off_because IN ('gone', 'failing', 'owner')),
    off_at         timestamptz,
    -- Since when every attempt has failed; null: the last one did not.
    failing_since  timestamptz,
    last_ok_at     timestamptz,
    last_failed_at timestamptz,
    last_failure   text        NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((state = 'off') = (off_because IS NOT NULL))
);
CREATE INDEX endpoints_of_owner ON vault.endpoints (owner_kind, owner_id);

-- What an owner asks of the notifier, which carries it out and takes the row away.
CREATE TABLE vault.endpoint_orders (
    order_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id text        NOT NULL REFERENCES vault.endpoints ON DELETE CASCADE,
    what        text        NOT NULL CHECK (what IN ('test', 'replay')),
    since       timestamptz,
    ordered_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (what = 'test' OR since IS NOT NULL)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON vault.endpoints, vault.endpoint_orders TO jisr_notifier;
