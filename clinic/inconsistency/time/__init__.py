"""One clock for all modalities: tracks, grid, reaction lags."""
