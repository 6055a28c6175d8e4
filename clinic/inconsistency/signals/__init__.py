"""Signals within the words and over time."""
