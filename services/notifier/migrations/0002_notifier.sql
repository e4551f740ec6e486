-- What the notifier knows and has told. No address stands here: they are in vault.contacts (I6).

-- Who can be told, with what its owner chose. link_epoch: raising it revokes every link given out.
-- version is the member's; 0 for one known only from a match, and for cities and committees.
CREATE TABLE recipients (
    kind       text    NOT NULL CHECK (kind IN ('member', 'city', 'committee')),
    id         text    NOT NULL,
    name       text    NOT NULL DEFAULT '',
    locale     text    NOT NULL DEFAULT 'fr' CHECK (locale IN ('fr', 'ar', 'en')),
    channels   text[]  NOT NULL DEFAULT '{inbox,mail}',
    active     boolean NOT NULL DEFAULT true,
    version    integer NOT NULL DEFAULT 0,
    link_epoch integer NOT NULL DEFAULT 1,
    PRIMARY KEY (kind, id)
);

-- What stands in an inbox. content is the event's data as it came, in its present version;
-- an older version of a match never replaces a newer one.
CREATE TABLE entries (
    entry_id       uuid        PRIMARY KEY,
    recipient_kind text        NOT NULL,
    recipient_id   text        NOT NULL,
    message        text        NOT NULL CHECK (message IN ('proposal', 'ambassador-note')),
    match_id       text,
    need_id        text        NOT NULL,
    state          text        NOT NULL,
    version        integer     NOT NULL,
    content        jsonb       NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    answer         text        CHECK (answer IN ('accept', 'decline')),
    answer_reason  text,
    answer_text    text,
    answered_at    timestamptz,
    FOREIGN KEY (recipient_kind, recipient_id) REFERENCES recipients (kind, id)
);
CREATE INDEX entries_of_recipient ON entries (recipient_kind, recipient_id, created_at DESC);

-- Mails, one row each. While a worker holds one, due_at is the end of its lease and attempt is
-- its fence: a result is recorded only by the attempt that is still the newest.
CREATE TABLE deliveries (
    delivery_id    uuid        PRIMARY KEY,
    entry_id       uuid        REFERENCES entries,
    recipient_kind text        NOT NULL,
    recipient_id   text        NOT NULL,
    channel        text        NOT NULL CHECK (channel IN ('mail')),
    message        text        NOT NULL,
    match_id       text,
    need_id        text        NOT NULL,
    locale         text        NOT NULL,
    state          text        NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'delivered', 'failed', 'undeliverable')),
    attempt        integer     NOT NULL DEFAULT 0,
    due_at         timestamptz NOT NULL,
    detail         text        NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at    timestamptz
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'waiting';
CREATE INDEX deliveries_of_entry ON deliveries (entry_id);

-- Secrets that the hub made for itself because no setting gave them.
CREATE TABLE secrets (
    name    text        PRIMARY KEY,
    value   bytea       NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
