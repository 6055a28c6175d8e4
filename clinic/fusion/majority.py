"""The floor of every comparison: what is known without a look at the recording."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from clinic.fusion.arrays import CaseSet
from clinic.fusion.base import FusionNetwork, FusionOutputs, TrainerFactory
from clinic.fusion.layout import FeatureLayout
from clinic.records import Condition, Scale


class MajorityNetwork(FusionNetwork):
    """Frequencies of the training participants' scores and answers, the same for everybody."""

    shares: Tensor

    def __init__(self, scales: Sequence[Scale]) -> None:
        super().__init__(scales)
        for scale in self.scored:
            n_values = len(self.grid(scale.condition).values)
            even = torch.full((n_values,), 1.0 / n_values)
            self.register_buffer(f"frequencies_{scale.condition}", even)
        self.register_buffer("shares", torch.full((len(self.rated), 2), 0.5))

    def frequencies(self, condition: Condition) -> Tensor:
        """Return the distribution over whole scores, shape (n_values,)."""
        found = getattr(self, f"frequencies_{condition}")
        assert isinstance(found, Tensor)
        return found

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the frequencies for every recording of a batch."""
        n = len(values)
        observed = (~torch.isnan(values)).any(dim=-1) & segment_mask
        return FusionOutputs(
            scores={s.condition: self.frequencies(s.condition).repeat(n, 1) for s in self.scored},
            ratings={s.condition: self.shares[i, 0].repeat(n) for i, s in enumerate(self.rated)},
            segments={
                s.condition: self.shares[i, 1].expand(segment_mask.shape)
                for i, s in enumerate(self.rated)
            },
            observed=observed,
        )


@dataclass(frozen=True, kw_only=True)
class Majority:
    """Always the same answer; its band and score are what guessing achieves.

    Args:
        tables: Read for their shape alone: a case without any segment is still a case.
    """

    tables: Mapping[str, Sequence[str]]

    def network(self, layout: FeatureLayout, scales: Sequence[Scale]) -> FusionNetwork:
        """Return an unfitted network."""
        del layout
        return MajorityNetwork(scales)

    def fit(
        self,
        network: FusionNetwork,
        training: CaseSet,
        validation: CaseSet,
        *,
        trainer: TrainerFactory,
        seed: int,
    ) -> None:
        """Count the training participants, each once."""
        del validation, trainer, seed
        assert isinstance(network, MajorityNetwork)
        for scale in network.scored:
            target = training.targets[scale.condition]
            known = ~np.isnan(target)
            place = np.rint(target[known] - scale.minimum).astype(np.intp)
            counts = np.bincount(
                place,
                weights=training.weights[known],
                minlength=len(network.grid(scale.condition).values),
            )
            # One pseudo-participant spread over the scale: no score is impossible.
            smoothed = counts + 1.0 / len(counts)
            network.frequencies(scale.condition).copy_(torch.from_numpy(smoothed / smoothed.sum()))
        for row, scale in enumerate(network.rated):
            target = training.targets[scale.condition]
            known = ~np.isnan(target)
            yes = float((target[known] * training.weights[known]).sum())
            network.shares[row, 0] = (yes + 1) / (float(training.weights[known].sum()) + 2)
            per_segment = np.concatenate(training.segment_targets[scale.condition])
            rated = per_segment[~np.isnan(per_segment)]
            network.shares[row, 1] = (float(rated.sum()) + 1) / (len(rated) + 2)
        network.eval()
