-- Which of the directory's entries $1 are active, and whether it has any city and any niche.
SELECT
    ARRAY(SELECT id FROM facts
          WHERE kind = 'directory' AND id = ANY ($1::text[]) AND state = 'active') AS entries,
    EXISTS(SELECT FROM facts
           WHERE kind = 'directory' AND id LIKE 'city:%' AND state = 'active') AS has_cities,
    EXISTS(SELECT FROM facts
           WHERE kind = 'directory' AND id LIKE 'niche:%' AND state = 'active') AS has_niches
