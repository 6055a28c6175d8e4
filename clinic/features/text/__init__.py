"""What was said: sentence embeddings and counted words."""
