INSERT INTO needs (need_id, version, content)
SELECT n.need_id, n.version, n.content
FROM jsonb_to_recordset($1::jsonb) AS n(need_id text, version integer, content jsonb)
ON CONFLICT (need_id) DO UPDATE SET version = EXCLUDED.version, content = EXCLUDED.content
WHERE needs.version < EXCLUDED.version
