"""Votes of people who only heard, only saw, or did both (CREMA-D)."""
