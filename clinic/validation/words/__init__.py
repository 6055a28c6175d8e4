"""Words: affect heads against raters of sentences."""
