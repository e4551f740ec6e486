INSERT INTO recipients (kind, id, name, locale, channels, active, version, consents_abroad,
    published)
SELECT 'member', m.id, m.name, m.locale, m.channels, m.active, m.version,
    m.consents_abroad, coalesce(m.published, '{}')
FROM jsonb_to_recordset($1::jsonb)
    AS m(id text, name text, locale text, channels text[], active boolean, version bigint,
         consents_abroad boolean, published jsonb)
ORDER BY m.id COLLATE "C"  -- as whoever else holds several readers
ON CONFLICT (kind, id) DO UPDATE SET
    name = EXCLUDED.name, locale = EXCLUDED.locale, channels = EXCLUDED.channels,
    active = EXCLUDED.active, version = EXCLUDED.version,
    consents_abroad = EXCLUDED.consents_abroad, published = EXCLUDED.published
WHERE recipients.version < EXCLUDED.version
