INSERT INTO decided (need_id, decided_at)
SELECT need_id, max(decided_at)
FROM unnest($1::text[], $2::timestamptz[]) AS d(need_id, decided_at)
GROUP BY need_id ORDER BY need_id
ON CONFLICT (need_id) DO UPDATE SET decided_at = EXCLUDED.decided_at
WHERE decided.decided_at < EXCLUDED.decided_at
