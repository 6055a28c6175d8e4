"""Adapters from licensed corpora and other tools to our records; no data of theirs is here."""
