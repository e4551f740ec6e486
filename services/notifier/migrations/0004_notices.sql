-- What follows from answers, from silence and from changes: notices, and what people say.

-- A match in its newest state, as its event has it; entries of both sides show it.
CREATE TABLE matches (
    match_id text    PRIMARY KEY,
    version  integer NOT NULL,
    content  jsonb   NOT NULL
);

-- A need in its newest state, as its event has it.
CREATE TABLE needs (
    need_id text    PRIMARY KEY,
    version integer NOT NULL,
    content jsonb   NOT NULL
);

-- What somebody said on its page, each once; the id is that of the event it became. about: the id
-- of the match, of the need or of the notice. words: what it wrote, without contact data.
CREATE TABLE said (
    said_id        text        PRIMARY KEY,
    recipient_kind text        NOT NULL,
    recipient_id   text        NOT NULL,
    act            text        NOT NULL CHECK (act IN
        ('accept', 'decline', 'withdraw', 'question', 'outcome', 'extend', 'confirm')),
    about          text        NOT NULL,
    reason         text,
    words          text        NOT NULL DEFAULT '',
    said_at        timestamptz NOT NULL
);
CREATE INDEX said_about ON said (about);
-- Until now an entry held its one answer. The columns stay for replicas of the version before.
INSERT INTO said (said_id, recipient_kind, recipient_id, act, about, reason, words, said_at)
SELECT entry_id::text, recipient_kind, recipient_id, answer, match_id, answer_reason,
    coalesce(answer_text, ''), answered_at
FROM entries WHERE answer IS NOT NULL AND match_id IS NOT NULL;

ALTER TABLE entries DROP CONSTRAINT entries_message_check;
-- Of what is for an ambassador: the office, "cluster/city". Whoever holds it has the entry.
ALTER TABLE entries ADD COLUMN office text;
CREATE INDEX entries_of_office ON entries (office) WHERE office IS NOT NULL;

-- Whether a member lets its contact data cross a border; said by its own event, no until then.
ALTER TABLE recipients ADD COLUMN consents_abroad boolean NOT NULL DEFAULT false;

-- How the matter of each entry stands: the newest match and need, what its reader has said about
-- them (a confirmation is the office's, whoever gave it), and what is known of the members.
CREATE VIEW standing AS
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
    ) AS members
FROM entries AS e
LEFT JOIN matches AS m USING (match_id)
LEFT JOIN needs AS n ON n.need_id = e.need_id
CROSS JOIN LATERAL (SELECT coalesce(m.content, CASE
    WHEN e.message = 'proposal' THEN e.content
    ELSE nullif(e.content -> 'match', 'null') END) AS match) AS doc;

DROP INDEX deliveries_unheard;
CREATE INDEX deliveries_unheard ON deliveries (created_at)
    WHERE state = 'undeliverable' AND recipient_kind = 'ambassador';
