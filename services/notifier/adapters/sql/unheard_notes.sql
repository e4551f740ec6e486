-- What was for an ambassador and reached nobody, can reach somebody now, and is still true: nothing
-- newer was decided about the demand (of a note), it is not over, and its deadline and the
-- notice's own are ahead. Held, so that one replica tells each.
-- $2 and $3: who may be in which office, "cluster/city"; $4: the cluster that a note is for.
-- `member_id` is null where nobody was in office.
WITH office AS (
    SELECT o.office, o.member_id FROM unnest($2::text[], $3::text[]) AS o(office, member_id)
    WHERE NOT EXISTS (
        SELECT FROM recipients AS r
        WHERE r.kind = 'member' AND r.id = o.member_id AND NOT r.active)
)
SELECT d.delivery_id, d.message, e.recipient_id AS member_id, note.content
FROM deliveries AS d
LEFT JOIN entries AS e USING (entry_id)
LEFT JOIN vault.contacts AS v ON v.kind = e.recipient_kind AND v.id = e.recipient_id
CROSS JOIN LATERAL (SELECT coalesce(e.content, d.content) AS content) AS note
CROSS JOIN LATERAL (
    SELECT concat_ws('/', coalesce(note.content #>> '{to,cluster}', $4),
        coalesce(note.content #>> '{to,id}', note.content #>> '{need,city}')) AS office
) AS for_whom
WHERE d.state = 'undeliverable' AND d.recipient_kind = 'ambassador'
  AND CASE
        WHEN e.entry_id IS NULL THEN
            d.content IS NOT NULL AND for_whom.office IN (SELECT office FROM office)
        ELSE v.email <> '' AND (for_whom.office, e.recipient_id)
            IN (SELECT office, member_id FROM office)
    END
  AND NOT EXISTS (
      SELECT FROM decided AS newer
      WHERE newer.need_id = d.need_id
        AND newer.decided_at > (note.content ->> 'decided_at')::timestamptz)
  AND NOT EXISTS (
      SELECT FROM needs AS n
      WHERE n.need_id = d.need_id
        AND n.content ->> 'state' IN ('fulfilled', 'withdrawn', 'expired'))
  AND coalesce((note.content #>> '{need,deadline}')::timestamptz, 'infinity') > clock_timestamp()
  AND coalesce((note.content ->> 'until')::timestamptz, 'infinity') > clock_timestamp()
ORDER BY d.created_at LIMIT $1
FOR UPDATE OF d SKIP LOCKED
