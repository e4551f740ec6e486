-- A version is whatever counts up at its sender, the milliseconds of a clock too: up to 2^53 - 1.
ALTER TABLE needs ALTER COLUMN version TYPE bigint, ALTER COLUMN compared_version TYPE bigint;
ALTER TABLE supplies ALTER COLUMN source_version TYPE bigint;
ALTER TABLE leads ALTER COLUMN initiative_version TYPE bigint;
