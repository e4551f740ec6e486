-- Questions are answered on pages, by the ambassador or by the other side, whoever is first.
ALTER TABLE said DROP CONSTRAINT said_act_check;
ALTER TABLE said ADD CONSTRAINT said_act_check CHECK (act IN
    ('accept', 'decline', 'withdraw', 'question', 'reply', 'outcome', 'extend', 'confirm'));

-- A question as those who may answer it were told it, and as who asked was told the answer.
CREATE INDEX entries_of_question ON entries ((content #>> '{question,question_id}'))
    WHERE message = 'question';

-- As before, and of a question its answer: on which page it was given, and as the matcher told it.
-- One that was told before questions had names is known by the id of its notice.
CREATE OR REPLACE VIEW standing AS
SELECT e.entry_id, doc.match, n.content AS need, (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'act', s.act, 'about', s.about, 'at', s.said_at, 'words', s.words)), '[]')
    FROM said AS s
    WHERE s.about IN (e.match_id, e.need_id, e.content ->> 'notice_id', asked.question)
      AND (s.act IN ('confirm', 'reply') OR s.recipient_kind = e.recipient_kind
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
    ) AS other_title, (
    SELECT a.content -> 'reply' FROM entries AS a
    WHERE e.message = 'question' AND a.message = 'question'
      AND a.content #>> '{question,question_id}' = asked.question
      AND jsonb_typeof(a.content -> 'reply') = 'object'
    LIMIT 1
    ) AS reply
FROM entries AS e
LEFT JOIN matches AS m USING (match_id)
LEFT JOIN needs AS n ON n.need_id = e.need_id
CROSS JOIN LATERAL (SELECT coalesce(m.content, CASE
    WHEN e.message = 'proposal' THEN e.content
    ELSE nullif(e.content -> 'match', 'null') END) AS match) AS doc
CROSS JOIN LATERAL (SELECT CASE WHEN e.message = 'question' THEN
    coalesce(e.content #>> '{question,question_id}', e.content ->> 'notice_id') END AS question
    ) AS asked;
