"""Voice: affect heads against actors and listeners."""
