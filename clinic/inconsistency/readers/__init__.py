"""What each modality says about affect."""
