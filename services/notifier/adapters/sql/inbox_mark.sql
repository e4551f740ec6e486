-- A digest of what the inbox ($1, $2) shows: another one as soon as anything of it changes; with the id of a
-- demand ($3) also of what its page shows, if it is a demand of that city.
SELECT coalesce(md5(string_agg(line, ',' ORDER BY line)), '') FROM (
    SELECT concat_ws(':', e.entry_id, e.changed_at, m.version, n.version) AS line
    FROM entries AS e
    LEFT JOIN matches AS m USING (match_id)
    LEFT JOIN needs AS n ON n.need_id = e.need_id
    WHERE e.recipient_kind = $1 AND e.recipient_id = $2
    UNION ALL
    SELECT s.said_id FROM said AS s WHERE s.recipient_kind = $1 AND s.recipient_id = $2
    -- Answers to its questions: of whoever said so on a page, and as the matcher told them.
    UNION ALL
    SELECT s.said_id || ':answered'
    FROM entries AS e JOIN said AS s
        ON s.about = e.content #>> '{question,question_id}' AND s.act = 'reply'
    WHERE e.recipient_kind = $1 AND e.recipient_id = $2 AND e.message = 'question'
    UNION ALL
    SELECT a.entry_id || ':answer'
    FROM entries AS e JOIN entries AS a
        ON a.content #>> '{question,question_id}' = e.content #>> '{question,question_id}'
    WHERE e.recipient_kind = $1 AND e.recipient_id = $2 AND e.message = 'question'
      AND a.message = 'question' AND jsonb_typeof(a.content -> 'reply') = 'object'
    UNION ALL
    SELECT concat_ws(':', 'need', n.version, m.match_id, m.version, (
        SELECT string_agg(s.said_id, '+' ORDER BY s.said_id) FROM said AS s WHERE s.about = m.match_id))
    FROM needs AS n LEFT JOIN matches AS m ON m.content #>> '{need,id}' = n.need_id
    WHERE n.need_id = $3
      AND n.content #>> '{need,owner,type}' = $1 AND n.content #>> '{need,owner,id}' = $2
) AS lines
