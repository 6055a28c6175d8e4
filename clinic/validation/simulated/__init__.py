"""Planted conflicts and A/H of simulated interviews, found again."""
