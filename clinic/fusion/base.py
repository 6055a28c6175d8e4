"""What every fusion model promises, so that a new one needs no edit elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from clinic.fusion.arrays import Batch, CaseSet
from clinic.fusion.distribution import LEAST_PROBABILITY, ScoreGrid
from clinic.fusion.items import GradedResponse
from clinic.fusion.layout import FeatureLayout
from clinic.records import Condition, Scale

#: Makes a fresh ``pytorch_lightning.Trainer`` with extra callbacks (``conf/trainer``).
TrainerFactory = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class FusionOutputs:
    """What a network says about a batch.

    Args:
        scores: Per scored scale, probabilities of every whole score, shape (B, n_values).
        ratings: Per yes/no rating, probability of yes, shape (B,).
        segments: Per yes/no rating, probability of yes per segment, shape (B, S).
        observed: Whether anything was observed in a segment, shape (B, S).
        items: Per scale whose score is the sum of items, probabilities of every answer to each,
            shape (B, n_items, n_levels); their expectations add up to that of the score. Empty
            where scores are estimated as one number.
    """

    scores: Mapping[Condition, Tensor]
    ratings: Mapping[Condition, Tensor]
    segments: Mapping[Condition, Tensor]
    observed: Tensor
    items: Mapping[Condition, Tensor] = field(default_factory=dict)


class FusionNetwork(nn.Module):
    """Base of networks: from values (B, S, F) with NaN and a mask (B, S) to distributions."""

    #: What a fit is judged by beside the scores and ratings; none once it is fitted.
    criteria: "tuple[Criterion, ...]" = ()

    def __init__(self, scales: Sequence[Scale]) -> None:
        super().__init__()
        self.scored = tuple(scale for scale in scales if not scale.is_rating)
        self.rated = tuple(scale for scale in scales if scale.is_rating)
        self.grids = nn.ModuleDict({str(s.condition): ScoreGrid(s) for s in self.scored})
        self.item_heads = nn.ModuleDict()

    def grid(self, condition: Condition) -> ScoreGrid:
        """Return the whole scores of one scale."""
        grid = self.grids[str(condition)]
        assert isinstance(grid, ScoreGrid)
        return grid

    def use_items(self, scale: Scale) -> None:
        """From now on, estimate the score of a scale as the sum of its items.

        Raises:
            SetupError: The scale has no items.
        """
        self.item_heads[str(scale.condition)] = GradedResponse(scale)

    def distribution(
        self, condition: Condition, location: Tensor, spread: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """Return probabilities of whole scores from a place and a spread in points, each (B,).

        Returns:
            Shape (B, n_values); and of the items' answers, shape (B, n_items, n_levels), None
            where the score is not estimated as the sum of items.
        """
        if str(condition) not in self.item_heads:
            return self.grid(condition).probabilities(location, spread), None
        head = self.item_heads[str(condition)]
        assert isinstance(head, GradedResponse)
        return head.distributions(location, spread)

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the distributions for a batch."""
        raise NotImplementedError


#: Adds to the loss of a fit: from a network, what it said and what is true to a number, shape ().
Criterion = Callable[[FusionNetwork, FusionOutputs, Batch], Tensor]


class Ensemble(FusionNetwork):
    """Mean of the members' probabilities."""

    def __init__(self, members: Sequence[FusionNetwork], scales: Sequence[Scale]) -> None:
        super().__init__(scales)
        self.members = nn.ModuleList(members)

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the averaged distributions."""
        parts = [member(values, segment_mask) for member in self.members]
        return FusionOutputs(
            scores={key: _mean([p.scores[key] for p in parts]) for key in parts[0].scores},
            ratings={key: _mean([p.ratings[key] for p in parts]) for key in parts[0].ratings},
            segments={key: _mean([p.segments[key] for p in parts]) for key in parts[0].segments},
            observed=parts[0].observed,
            items={key: _mean([p.items[key] for p in parts]) for key in parts[0].items},
        )


class FusionRecipe(Protocol):
    """A choice under ``conf/fusion``: how to build a network and how to fit it."""

    @property
    def tables(self) -> Mapping[str, Sequence[str]]:
        """Names of the feature tables read, per modality."""
        ...

    def network(self, layout: FeatureLayout, scales: Sequence[Scale]) -> FusionNetwork:
        """Return an unfitted network, ready to be fitted or to receive weights."""
        ...

    def fit(
        self,
        network: FusionNetwork,
        training: CaseSet,
        validation: CaseSet,
        *,
        trainer: TrainerFactory,
        seed: int,
    ) -> None:
        """Fit in place: weights on ``training``, every choice on ``validation``."""
        ...


def log_odds(probability: Tensor) -> Tensor:
    """Return the log-odds, finite at 0 and 1."""
    clamped = probability.clamp(LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return torch.log(clamped) - torch.log1p(-clamped)


def weighted_mean(loss: Tensor, weights: Tensor) -> Tensor:
    """Return the mean of losses under weights, both of one shape; 0 where no weight is above 0."""
    return (loss * weights).sum() / weights.sum().clamp_min(1e-6)


def _mean(parts: Sequence[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.stack(list(parts)).mean(dim=0)
