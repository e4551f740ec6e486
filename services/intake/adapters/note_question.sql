INSERT INTO questions AS known
    (id, match_id, need_id, asked_by, text, cluster, city, asked_at, reply, told)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $9::jsonb IS NOT NULL)
ON CONFLICT (id) DO UPDATE SET
    cluster = coalesce(known.cluster, excluded.cluster), city = coalesce(known.city, excluded.city),
    asked_at = least(known.asked_at, excluded.asked_at),
    -- The first that the matcher told goes before what was only sent to it.
    reply = CASE WHEN known.told THEN known.reply ELSE coalesce(excluded.reply, known.reply) END,
    told = known.told OR excluded.told
