-- A digest of what the inbox ($1, $2) shows: another one as soon as anything of it changes.
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
) AS lines
