-- As before, and of two demands that say the same, the title of the other one.
CREATE OR REPLACE VIEW standing AS
SELECT e.entry_id, doc.match, n.content AS need, (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'act', s.act, 'about', s.about, 'at', s.said_at, 'words', s.words)), '[]')
    FROM said AS s
    WHERE s.about IN (e.match_id, e.need_id, e.content ->> 'notice_id')
      AND (s.act = 'confirm' OR s.recipient_kind = e.recipient_kind
           AND s.recipient_id = e.recipient_id)
    ) AS said, (
    SELECT coalesce(jsonb_object_agg(r.id, jsonb_build_object(
        'name', r.name, 'consents', r.consents_abroad)), '{}')
    FROM recipients AS r
    WHERE r.kind = 'member'
      AND r.id IN (doc.match #>> '{need,owner,id}', doc.match #>> '{supply,owner,id}')
    ) AS members, (
    SELECT o.content #>> '{need,title}' FROM needs AS o
    WHERE e.message = 'duplicate' AND o.need_id = e.content ->> 'text'
    ) AS other_title
FROM entries AS e
LEFT JOIN matches AS m USING (match_id)
LEFT JOIN needs AS n ON n.need_id = e.need_id
CROSS JOIN LATERAL (SELECT coalesce(m.content, CASE
    WHEN e.message = 'proposal' THEN e.content
    ELSE nullif(e.content -> 'match', 'null') END) AS match) AS doc;
