"""Training of the affect heads of the words: rated texts in, small heads with their cards out."""
