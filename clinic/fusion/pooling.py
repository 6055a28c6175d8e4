"""An interview as two numbers a column: mean and deviation over the segments where it was seen."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinic.fusion.arrays import pad
from clinic.fusion.blocks import LEAST_SD, Standardiser


def recording_statistics(values: Tensor, observed: Tensor) -> Tensor:
    """Return means, then standard deviations, of every column over its observed segments.

    Summed in double precision: the order of the segments must not decide a tree's branch.

    Args:
        values: Shape (B, S, F); what stands where ``observed`` is False is not read.
        observed: Shape (B, S, F).

    Returns:
        Shape (B, 2 F), the type of ``values``; NaN for the mean of a column never observed and
        for the deviation of one observed fewer than twice.
    """
    count = observed.sum(dim=1)
    kept = torch.where(observed, values, torch.zeros_like(values)).to(torch.float64)
    mean = kept.sum(dim=1) / count.clamp_min(1)
    centred = (kept - mean[:, None]) * observed
    deviation = (centred.square().sum(dim=1) / count.clamp_min(1)).sqrt()
    mean = mean.masked_fill(count < 1, torch.nan)
    deviation = deviation.masked_fill(count < 2, torch.nan)
    return torch.cat([mean, deviation], dim=1).to(values.dtype)


class PooledStandardiser(Standardiser):
    """Standardiser of segments that also standardises a recording's means and deviations."""

    pooled_mean: Tensor
    pooled_sd: Tensor

    def __init__(self, n_features: int) -> None:
        super().__init__(n_features)
        self.register_buffer("pooled_mean", torch.zeros(2 * n_features))
        self.register_buffer("pooled_sd", torch.ones(2 * n_features))

    def fit(self, values: Sequence[NDArray[np.float32]]) -> None:
        """Fit on the training recordings; a statistic that never varies keeps its own size."""
        super().fit(values)
        with torch.no_grad():
            inputs, observed = self(*pad(values))
            raw = recording_statistics(inputs, observed).numpy().astype(np.float64)
        count = (~np.isnan(raw)).sum(axis=0)
        mean = np.nansum(raw, axis=0) / np.maximum(count, 1)
        sd = np.sqrt(np.nansum((raw - mean) ** 2, axis=0) / np.maximum(count, 1))
        sd[sd < LEAST_SD] = 1.0
        self.pooled_mean.copy_(torch.from_numpy(mean))
        self.pooled_sd.copy_(torch.from_numpy(sd))

    def pooled(self, inputs: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Return standardised statistics (B, 2 F) without NaN and the mask of those known."""
        raw = recording_statistics(inputs, observed)
        known = ~torch.isnan(raw)
        scaled = (raw - self.pooled_mean) / self.pooled_sd
        return torch.where(known, scaled, torch.zeros_like(scaled)), known
