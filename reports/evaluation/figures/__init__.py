"""Drawings of an evaluation: black, grey and one blue; shapes and dashes carry the meaning."""
