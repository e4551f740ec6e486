"""What matching is, without a clock, a network or a database."""
