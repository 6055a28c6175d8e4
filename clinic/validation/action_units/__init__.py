"""Action units: planted intensities found again."""
