-- Offers whose line for places is to be looked at, and when; a copy of nothing: rows come with
-- applications and with places that come free, and go when the places were given. They are written
-- under the lock of the offer's row in supplies.
CREATE TABLE batches (
    batch_id   bigserial PRIMARY KEY,
    supply_id  text NOT NULL REFERENCES supplies ON DELETE CASCADE,
    offer_kind text NOT NULL,
    due_at     timestamptz NOT NULL
);
CREATE INDEX batches_due ON batches (due_at);
CREATE INDEX batches_of_supply ON batches (supply_id);

-- Who waits for a place of which offer.
CREATE VIEW in_line AS SELECT need_id, supply_id FROM matches WHERE body->>'place' = 'waiting';
CREATE INDEX matches_in_line ON matches (supply_id) WHERE body->>'place' = 'waiting';
