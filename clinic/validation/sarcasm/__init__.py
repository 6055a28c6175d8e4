"""Sarcasm as conflict within the words (MUStARD)."""
