-- The life of a need, as the matcher tells it (jisr.need.changed), beside what follows from facts.

-- Each need that the matcher spoke of: a demand of this hub, or a member's interests. Whoever
-- writes an event about a need locks its row first (design, I4).
CREATE TABLE needs (
    id            text   PRIMARY KEY,
    kind          text   NOT NULL CHECK (kind IN ('demand', 'interest')),
    -- What a reader must know of it to answer: the newest NeedBrief.
    brief         jsonb  NOT NULL,
    brief_version bigint NOT NULL,
    -- The newest NeedChanged without the need, its version, and the version of the need that it
    -- is about; 0 and null while the matcher has told none.
    version       bigint NOT NULL DEFAULT 0,
    told_of       bigint,
    told          jsonb,
    -- The candidates that an ambassador was last asked to confirm, and when.
    asked         jsonb,
    asked_at      timestamptz
);
INSERT INTO needs (id, kind, brief, brief_version)
SELECT f.id, 'demand', jsonb_build_object(
           'kind', 'demand', 'id', f.id, 'external_id', f.external_id, 'source', f.source,
           'owner', jsonb_build_object('type', 'city', 'id', f.document->'city'),
           'city', f.document->'city', 'structure', f.document->'structure',
           'need_kind', f.document->'kind', 'title', f.document->'title',
           'summary', f.document->'summary', 'description', f.document->'description',
           'language', f.document->'language', 'deadline', f.document->'deadline',
           'version', f.version),
       f.version
FROM facts f
WHERE f.kind = 'demand' AND EXISTS (SELECT FROM matches m WHERE m.demand_id = f.id);

-- From which version on a fact has been open: what was told of an earlier one, which was
-- withdrawn, says nothing of the present one.
ALTER TABLE facts ADD COLUMN opened bigint NOT NULL DEFAULT 0;
-- Ended so long ago that the matcher has put it away.
ALTER TABLE facts ADD COLUMN archived boolean NOT NULL DEFAULT false;

-- What happened to a demand, a row for each thing; the same thing told again is the same row.
-- Never contact data.
CREATE TABLE timeline (
    demand_id text        NOT NULL,
    key       text        NOT NULL,
    at        timestamptz NOT NULL,
    what      text        NOT NULL,
    wave      bigint,
    details   jsonb       NOT NULL,
    PRIMARY KEY (demand_id, key)
);
