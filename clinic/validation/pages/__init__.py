"""From results to Markdown pages."""
