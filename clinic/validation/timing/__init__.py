"""Time: reaction lags and expressions out of step, on drawn courses."""
