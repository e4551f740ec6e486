-- A version is whatever counts up at its sender, the milliseconds of a clock too: up to 2^53 - 1.
ALTER TABLE recipients ALTER COLUMN version TYPE bigint;
