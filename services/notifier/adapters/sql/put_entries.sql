-- Returns the entries that are new or newer; one that gave way to nothing is not among them.
INSERT INTO entries
    (entry_id, recipient_kind, recipient_id, message, match_id, need_id, state, version, content,
     office)
SELECT e.entry_id, e.recipient_kind, e.recipient_id, e.message, e.match_id, e.need_id, e.state,
    e.version, e.content, e.office
FROM jsonb_to_recordset($1::jsonb)
    AS e(entry_id uuid, recipient_kind text, recipient_id text, message text, match_id text,
         need_id text, state text, version integer, content jsonb, office text)
ON CONFLICT (entry_id) DO UPDATE SET
    state = EXCLUDED.state, version = EXCLUDED.version, content = EXCLUDED.content,
    changed_at = clock_timestamp()
WHERE entries.version < EXCLUDED.version
RETURNING entry_id, (xmax = 0) AS is_new
