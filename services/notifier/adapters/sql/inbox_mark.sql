-- A digest of what the inbox ($1, $2) shows: another one as soon as anything of it changes.
SELECT coalesce(md5(string_agg(line, ',' ORDER BY line)), '') FROM (
    SELECT concat_ws(':', e.entry_id, e.changed_at, m.version, n.version) AS line
    FROM entries AS e
    LEFT JOIN matches AS m USING (match_id)
    LEFT JOIN needs AS n ON n.need_id = e.need_id
    WHERE e.recipient_kind = $1 AND e.recipient_id = $2
    UNION ALL
    SELECT s.said_id FROM said AS s WHERE s.recipient_kind = $1 AND s.recipient_id = $2
) AS lines
