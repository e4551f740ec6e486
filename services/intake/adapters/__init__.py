"""Where intake meets PostgreSQL and the language model."""
