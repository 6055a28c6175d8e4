"""Face: affect from action units against one actor's news clips."""
