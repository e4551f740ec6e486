-- Which model's vectors serve, which are being made, and which served before.
CREATE TABLE models (
    name  text PRIMARY KEY,           -- as in vectors.model
    state text NOT NULL CHECK (state IN ('serving', 'coming', 'retired')),
    place jsonb,                      -- how an endpoint is asked, without its key; NULL: here
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX models_serving ON models (state) WHERE state = 'serving';
CREATE INDEX vectors_of_model ON vectors (model);
INSERT INTO models (name, state)
SELECT model, CASE row_number() OVER (ORDER BY max(made_at) DESC) WHEN 1 THEN 'serving' ELSE 'retired' END
FROM vectors GROUP BY model;
-- Whose vectors a supply was last published with.
ALTER TABLE supplies ADD COLUMN published_model text;
UPDATE supplies SET published_model = (SELECT name FROM models WHERE state = 'serving');
CREATE INDEX supplies_published_model ON supplies (published_model);
