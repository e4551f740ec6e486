"""How quick and how large the ranking engine is, by itself and beside its peers."""
