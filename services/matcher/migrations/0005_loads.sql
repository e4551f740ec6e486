-- Who was asked for a demand, and when: the load that decides among near equals. NULL for
-- interests, where nobody is asked but the one who looks.
ALTER TABLE matches ADD COLUMN asked_owner text GENERATED ALWAYS AS (
    CASE WHEN body->'need'->>'kind' = 'demand'
        THEN (body->'supply'->'owner'->>'type') || ':' || (body->'supply'->'owner'->>'id')
    END
) STORED;
CREATE INDEX matches_of_owner ON matches (asked_owner, created_at)
    WHERE asked_owner IS NOT NULL;
