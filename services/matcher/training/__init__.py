"""What the matcher stores is made here: the space of a model, and the weights of a score."""
