INSERT INTO matches (match_id, version, content)
SELECT m.match_id, m.version, m.content
FROM jsonb_to_recordset($1::jsonb) AS m(match_id text, version integer, content jsonb)
ON CONFLICT (match_id) DO UPDATE SET version = EXCLUDED.version, content = EXCLUDED.content
WHERE matches.version < EXCLUDED.version
