"""What is said to whom, decided without a clock, a network or a database."""
