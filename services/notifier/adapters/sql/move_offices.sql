-- Gives the entries of each office ($1) whose need is not over to the member that holds it ($2).
-- An entry of a note or a notice exists once, so nobody gets one twice.
WITH wanted AS (
    SELECT e.entry_id, o.member_id
    FROM entries AS e JOIN unnest($1::text[], $2::text[]) AS o(office, member_id) USING (office)
    WHERE e.recipient_id <> o.member_id
      AND NOT EXISTS (
          SELECT FROM needs AS n
          WHERE n.need_id = e.need_id
            AND n.content ->> 'state' IN ('fulfilled', 'withdrawn', 'expired'))
    FOR UPDATE OF e
), known AS (
    INSERT INTO recipients (kind, id) SELECT DISTINCT 'member', member_id FROM wanted
    ON CONFLICT (kind, id) DO NOTHING
)
UPDATE entries AS e
SET recipient_kind = 'member', recipient_id = w.member_id, changed_at = clock_timestamp()
FROM wanted AS w WHERE e.entry_id = w.entry_id
RETURNING e.entry_id
