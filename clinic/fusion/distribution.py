"""One predictive distribution per scale: over every whole score, from a place and a spread.

A cumulative-link model whose thresholds lie half-way between whole scores: the probability of
a score of at most k is ``logistic((k + 1/2 - location) / spread)``. The score shown is the
expectation, a band's probability is the sum over its scores; the two cannot contradict each
other as two separate heads can (docs/decisions/0002-fusion-and-calibration.md).

Source: McCullagh (1980), doi:10.1111/j.2517-6161.1980.tb01109.x; loss: ranked probability score,
Gneiting & Raftery (2007), doi:10.1198/016214506000001437.
"""

import torch
from torch import Tensor, nn

from clinic.errors import SetupError
from clinic.records import Scale

#: A logistic distribution has the standard deviation pi / sqrt(3) times its spread.
LOGISTIC_SD = 1.8138
#: Keeps the logarithm finite; far below any probability that is shown.
LEAST_PROBABILITY = 1e-7


class ScoreGrid(nn.Module):
    """Whole scores of one scale and the band of each.

    Raises:
        SetupError: The scale does not start and end on whole numbers.
    """

    values: Tensor
    membership: Tensor

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        if scale.minimum != int(scale.minimum) or scale.maximum != int(scale.maximum):
            raise SetupError(f"scale {scale.name} needs whole numbers as ends (conf/scales)")
        values = torch.arange(int(scale.minimum), int(scale.maximum) + 1, dtype=torch.float32)
        membership = torch.zeros(len(values), scale.n_bands)
        for row, value in enumerate(values.tolist()):
            membership[row, scale.band_of(value)] = 1.0
        self.register_buffer("values", values, persistent=False)
        self.register_buffer("membership", membership, persistent=False)

    def probabilities(self, location: Tensor, spread: Tensor) -> Tensor:
        """Return probabilities of whole scores, shape (B, n_values), from (B,) and (B,)."""
        edges = self.values[:-1] + 0.5
        below = torch.sigmoid((edges - location[:, None]) / spread[:, None])
        first, last = torch.zeros_like(below[:, :1]), torch.ones_like(below[:, :1])
        mass = torch.diff(torch.cat([first, below, last], dim=1), dim=1)
        mass = mass.clamp_min(LEAST_PROBABILITY)
        return mass / mass.sum(dim=1, keepdim=True)

    def expectation(self, probabilities: Tensor) -> Tensor:
        """Return the expected score, shape (B,)."""
        return probabilities @ self.values

    def bands(self, probabilities: Tensor) -> Tensor:
        """Return probabilities of the bands, shape (B, n_bands)."""
        return probabilities @ self.membership

    def ranked_probability_score(self, probabilities: Tensor, score: Tensor) -> Tensor:
        """Return the ranked probability score in points of the scale, shape (B,)."""
        below = torch.cumsum(probabilities, dim=1)[:, :-1]
        reached = (score[:, None] <= self.values[:-1] + 0.5).to(below.dtype)
        return ((below - reached) ** 2).sum(dim=1)
