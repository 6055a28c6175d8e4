"""Sections of the evaluation report, one file each."""
