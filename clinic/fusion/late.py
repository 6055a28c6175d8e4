"""Late fusion: one calibrated model per modality, then a combination learned on people left out.

The combination never sees a prediction that a model made for someone it was fitted on: such
predictions look surest where a modality was learned by heart, and would get all the weight.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from clinic.fusion.arrays import CaseSet, pad
from clinic.fusion.base import FusionNetwork, FusionOutputs, TrainerFactory
from clinic.fusion.distribution import LEAST_PROBABILITY
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.outcome_shares import outcome_shares
from clinic.fusion.unimodal import UnimodalModels, Views
from clinic.fusion.unimodal_fit import UnimodalSettings, fit_unimodal
from clinic.records import Condition, Scale


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """What M modalities said of N rows, and what was the case.

    Args:
        said: Probabilities of the outcomes, shape (N, M, V).
        present: Which modalities were observed, shape (N, M).
        outcomes: Index of what was the case, shape (N,).
        weights: Shape (N,), mean 1.
    """

    said: Tensor
    present: Tensor
    outcomes: Tensor
    weights: Tensor


class Combiner(nn.Module):
    """Base of combinations: from what each modality says to one distribution.

    Args:
        membership: Shape (V, K), 1 where an outcome lies in a band.
    """

    membership: Tensor
    prior: Tensor

    def __init__(self, membership: Tensor, n_modalities: int) -> None:
        super().__init__()
        self.n_modalities = n_modalities
        self.register_buffer("membership", membership.clone(), persistent=False)
        self.register_buffer("prior", torch.full((len(membership),), 1.0 / len(membership)))

    def combine(self, said: Tensor, present: Tensor) -> Tensor:
        """Return probabilities (N, V); rows without any modality may hold anything finite."""
        raise NotImplementedError

    def learn(self, training: Evidence, penalty: float) -> None:
        """Fit in place under one penalty."""
        raise NotImplementedError

    def forward(self, said: Tensor, present: Tensor) -> Tensor:
        """Return probabilities of outcomes (N, V), the prior where no modality was observed."""
        combined = self.combine(said, present)
        combined = torch.where(present.any(dim=1)[:, None], combined, self.prior)
        combined = combined.clamp_min(LEAST_PROBABILITY)
        return combined / combined.sum(dim=1, keepdim=True)

    def fit(self, training: Evidence, validation: Evidence, penalties: Sequence[float]) -> None:
        """Keep the penalty with the least log loss of bands on validation participants.

        Without validation rows the largest penalty stays.
        """
        shares = outcome_shares(
            training.outcomes.numpy(),
            training.weights.numpy().astype(np.float64),
            self.membership.numpy().astype(np.float64),
        )
        self.prior.copy_(torch.from_numpy(shares))
        best, least = self.state_dict(), float("inf")
        for penalty in sorted(penalties, reverse=True):
            self.learn(training, penalty)
            loss = self.loss(validation)
            if loss < least:
                best, least = copy.deepcopy(self.state_dict()), loss
        self.load_state_dict(best)

    def loss(self, evidence: Evidence) -> float:
        """Return the mean log loss of the bands, 0 without rows."""
        if not len(evidence.outcomes):
            return 0.0
        bands = self(evidence.said, evidence.present) @ self.membership
        reached = self.membership[evidence.outcomes].argmax(dim=1)
        each = -bands.gather(1, reached[:, None]).squeeze(1).log()
        return float((evidence.weights * each).sum() / evidence.weights.sum())


class LateNetwork(FusionNetwork):
    """Linear models per modality and one combiner per target, and per segment of a rating."""

    def __init__(
        self, layout: FeatureLayout, scales: Sequence[Scale], combiner: type[Combiner]
    ) -> None:
        super().__init__(scales)
        self.models = UnimodalModels(self, layout)
        self.modalities = self.models.modalities
        n_modalities = len(self.modalities)
        memberships = {str(s.condition): self.grid(s.condition).membership for s in self.scored}
        memberships |= {str(s.condition): torch.eye(2) for s in self.rated}
        self.combiners = nn.ModuleDict(
            {name: combiner(membership, n_modalities) for name, membership in memberships.items()}
        )
        self.segment_combiners = nn.ModuleDict(
            {str(s.condition): combiner(torch.eye(2), n_modalities) for s in self.rated}
        )

    def combiner(self, condition: Condition) -> Combiner:
        """Return the combination of one target."""
        found = self.combiners[str(condition)]
        assert isinstance(found, Combiner)
        return found

    def segment_combiner(self, condition: Condition) -> Combiner:
        """Return the combination of one rating's single segments."""
        found = self.segment_combiners[str(condition)]
        assert isinstance(found, Combiner)
        return found

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the distributions for a batch."""
        views: Views = self.models(self, values, segment_mask)
        whole = {
            condition: self.combiner(condition)(said, views.present)
            for condition, said in views.recordings.items()
        }
        shape = views.segments_present.shape
        flat = views.segments_present.flatten(0, 1)
        segments = {
            condition: self.segment_combiner(condition)(said.flatten(0, 1), flat)[:, 1].view(
                shape[:2]
            )
            for condition, said in views.segments.items()
        }
        return FusionOutputs(
            scores={s.condition: whole[s.condition] for s in self.scored},
            ratings={s.condition: whole[s.condition][:, 1] for s in self.rated},
            segments=segments,
            observed=views.segments_present.any(dim=-1),
        )


@dataclass(frozen=True, kw_only=True)
class LateRecipe:
    """Fits modalities apart, then how they are combined.

    Args:
        tables: Names of feature tables per modality (text, voice, face, cross).
        n_folds: Folds of the training participants for predictions of people left out.
        penalties: Ridge penalties of one modality's models, tried on validation participants.
        combination_penalties: The same for the combination.
    """

    tables: Mapping[str, Sequence[str]]
    n_folds: int
    penalties: Sequence[float] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
    combination_penalties: Sequence[float] = (0.1, 1.0, 10.0, 100.0)

    def network(self, layout: FeatureLayout, scales: Sequence[Scale]) -> FusionNetwork:
        """Return an unfitted network."""
        raise NotImplementedError

    def fit(
        self,
        network: FusionNetwork,
        training: CaseSet,
        validation: CaseSet,
        *,
        trainer: TrainerFactory,
        seed: int,
    ) -> None:
        """Fit without a trainer; the seed decides the folds."""
        del trainer
        assert isinstance(network, LateNetwork)
        settings = UnimodalSettings(penalties=self.penalties, n_folds=self.n_folds, seed=seed)
        with torch.no_grad():
            views = fit_unimodal(network.models, network, training, validation, settings)
            checked = network.models(network, *pad(validation.values))
            for scale in (*network.scored, *network.rated):
                network.combiner(scale.condition).fit(
                    _recordings(network, training, views, scale.condition),
                    _recordings(network, validation, checked, scale.condition),
                    self.combination_penalties,
                )
            for scale in network.rated:
                network.segment_combiner(scale.condition).fit(
                    _segments(training, views, scale.condition),
                    _segments(validation, checked, scale.condition),
                    self.combination_penalties,
                )
        network.eval()


def _recordings(
    network: LateNetwork, cases: CaseSet, views: Views, condition: Condition
) -> Evidence:
    target = torch.from_numpy(cases.targets[condition])
    known = ~torch.isnan(target) & views.present.any(dim=1)
    is_rating = condition in network.models.rated
    lowest = 0.0 if is_rating else float(network.grid(condition).values[0])
    return _evidence(
        views.recordings[condition][known],
        views.present[known],
        target[known].round() - lowest,
        torch.from_numpy(cases.weights)[known],
    )


def _segments(cases: CaseSet, views: Views, condition: Condition) -> Evidence:
    _, mask = pad(cases.values)
    target = torch.from_numpy(np.concatenate(cases.segment_targets[condition]))
    lengths = torch.tensor([len(value) for value in cases.values])
    weights = (torch.from_numpy(cases.weights) / lengths.clamp_min(1)).repeat_interleave(lengths)
    present = views.segments_present[mask]
    known = ~torch.isnan(target) & present.any(dim=1)
    return _evidence(
        views.segments[condition][mask][known], present[known], target[known], weights[known]
    )


def _evidence(said: Tensor, present: Tensor, outcomes: Tensor, weights: Tensor) -> Evidence:
    mean = weights.mean() if len(weights) else torch.ones(())
    return Evidence(
        said=said,
        present=present,
        outcomes=outcomes.to(torch.int64),
        weights=(weights / mean).to(torch.float32),
    )
