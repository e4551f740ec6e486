"""Tells people what concerns them: in their language, once, and takes their answers."""
