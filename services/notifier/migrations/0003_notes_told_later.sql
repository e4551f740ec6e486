-- Notes to ambassadors that reached nobody are told once somebody can be reached.

-- What was last said about a demand, so that a note is told later only while nothing newer is known.
CREATE TABLE decided (
    need_id    text        PRIMARY KEY,
    decided_at timestamptz NOT NULL
);

-- The event's data, of a note for which there was nobody at all; null once it was told.
ALTER TABLE deliveries ADD COLUMN content jsonb;

CREATE INDEX deliveries_unheard ON deliveries (created_at)
    WHERE state = 'undeliverable' AND message = 'ambassador-note';
