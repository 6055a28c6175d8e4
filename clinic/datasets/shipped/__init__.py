"""Readers of the feature files that corpora ship: one format a file, rows as frames."""
