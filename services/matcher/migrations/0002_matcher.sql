-- What the matcher knows of needs and supplies, and what it decided.
CREATE TABLE needs (
    need_id    text PRIMARY KEY,
    kind       text    NOT NULL CHECK (kind IN ('demand', 'interest')),
    version    integer NOT NULL,
    is_open    boolean NOT NULL,
    topic      text    NOT NULL,
    partition  integer NOT NULL,
    facts      jsonb   NOT NULL,      -- the event's data, as it came
    outcome    text,                  -- proposed, unmatched or withdrawn, once decided
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX needs_of_partition ON needs (topic, partition) WHERE is_open;

CREATE TABLE supplies (
    supply_id      text PRIMARY KEY,
    kind           text    NOT NULL CHECK (kind IN ('member', 'offer')),
    source_version integer NOT NULL,  -- the member's or offer's own version
    revision       integer NOT NULL,  -- grows with each change, also of "taken"
    capacity       integer,
    taken          integer NOT NULL DEFAULT 0,
    facts          jsonb   NOT NULL,  -- the Supply event without vectors
    CHECK (taken >= 0)
);

CREATE TABLE matches (
    match_id  text PRIMARY KEY,
    need_id   text    NOT NULL REFERENCES needs,
    supply_id text    NOT NULL,
    state     text    NOT NULL,
    version   integer NOT NULL DEFAULT 1,
    body      jsonb   NOT NULL,       -- the Match event
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (need_id, supply_id)       -- I2: a pair is proposed once
);
CREATE INDEX matches_of_supply ON matches (supply_id, state);

CREATE TABLE vectors (
    hash  bytea PRIMARY KEY,          -- sha256 of model, side and text
    model text  NOT NULL,
    vector bytea NOT NULL,            -- float32, little endian
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
