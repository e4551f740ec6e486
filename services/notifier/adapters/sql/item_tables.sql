FROM claimed AS c
JOIN entries AS e USING (entry_id)
JOIN standing AS s USING (entry_id)
JOIN recipients AS r ON r.kind = e.recipient_kind AND r.id = e.recipient_id
