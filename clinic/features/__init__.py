"""Feature extractors, one folder a modality: each turns one recording into described tables."""
