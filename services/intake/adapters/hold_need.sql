-- Hold a need, so that the ids of the events about it grow in commit order (design, I4).
SELECT id, kind, brief, told, told_of, asked FROM needs WHERE id = $1 FOR UPDATE
