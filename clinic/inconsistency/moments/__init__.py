"""How surprising a disagreement is, and which moments are shown."""
