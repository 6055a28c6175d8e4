"""Assembly: one recording in, one ScreeningResult out. The only place that knows all stages."""
