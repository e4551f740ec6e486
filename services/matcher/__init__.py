"""Decides who is proposed to whom (design, sections 4 to 6)."""
