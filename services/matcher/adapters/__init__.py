"""The matcher's edges: PostgreSQL, the embedding model, and events as they travel."""
