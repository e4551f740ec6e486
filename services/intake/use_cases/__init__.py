"""What intake does with what it was told, over a store that is open on one transaction."""
