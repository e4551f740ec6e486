-- For which cities (role city) or clusters (role cluster) a source speaks. Null: for any, as every
-- source did before; the hub's own always.
ALTER TABLE sources ADD COLUMN speaks_for text[]
    CHECK (speaks_for IS NULL OR (role <> 'hub' AND cardinality(speaks_for) > 0));
