UPDATE needs SET version = $2, told_of = $3, told = $4
WHERE id = $1 AND version < $2
