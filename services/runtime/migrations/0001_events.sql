-- The tables that every service's schema has: events to publish, and events already processed.
CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic        text        NOT NULL,
    key          bytea,
    value        bytea,
    header_names text[]      NOT NULL,
    header_values bytea[]    NOT NULL,
    source       text        NOT NULL,
    event_id     text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz
);
-- The relay claims rows, never "id > cursor": sequences commit out of order.
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_newest_of_key ON outbox (topic, key, id DESC);

CREATE TABLE inbox (
    subscriber  text        NOT NULL,
    source      text        NOT NULL,
    event_id    text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (subscriber, source, event_id)
);
CREATE INDEX inbox_age ON inbox (received_at);
