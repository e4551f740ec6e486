-- Which version of a demand was compared with the others of its city, by whose vectors (NULL: by
-- words), and which pairs the ambassador was told of.
ALTER TABLE needs ADD COLUMN compared_version integer, ADD COLUMN compared_model text,
    ADD COLUMN compared_at timestamptz;
CREATE INDEX needs_to_compare ON needs (created_at)
    WHERE is_open AND kind = 'demand' AND compared_version IS DISTINCT FROM version;
CREATE INDEX needs_of_city ON needs ((facts->>'city'), (facts->>'kind'), created_at)
    WHERE is_open AND kind = 'demand';
CREATE TABLE duplicates (
    pair_id    text PRIMARY KEY,      -- of both ids, in whichever order they came; the notice's id
    need_id    text    NOT NULL,      -- no references: they would lock the other demand, too
    other_id   text    NOT NULL,
    by_meaning boolean NOT NULL,
    likeness   float8  NOT NULL,
    found_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
