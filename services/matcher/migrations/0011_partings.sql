-- Who asked in each match of a demand: two who parted are not brought together again too soon.
ALTER TABLE matches ADD COLUMN asker text[] GENERATED ALWAYS AS (
    CASE WHEN body #>> '{need,kind}' = 'demand' THEN ARRAY[
        body #>> '{need,owner,type}', body #>> '{need,owner,id}',
        coalesce(body #>> '{need,structure,name}', '')
    ] END
) STORED;
CREATE INDEX matches_parted ON matches (asker, changed_at)
    WHERE state IN ('declined', 'lapsed', 'introduced');
