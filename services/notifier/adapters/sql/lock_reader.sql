-- Whoever sends to a reader, or changes how it is told, holds its row until the end. The row alone:
-- what is read beside a lock that was waited for may be older than the lock.
SELECT 1 FROM recipients WHERE kind = $1 AND id = $2 FOR NO KEY UPDATE
