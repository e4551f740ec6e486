"""The front door of systems: authenticates, validates, deduplicates, stores, says what became."""
