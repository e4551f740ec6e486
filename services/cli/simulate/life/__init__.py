"""A year of the whole life of demands, on the pure core, by a virtual clock."""
