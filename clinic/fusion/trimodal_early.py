"""Early fusion as published with the tri-modal severity study: boosted trees on statistics.

Mean and standard deviation of every column of a recording, all modalities side by side; one
multiclass XGBoost over the bands per target, bands weighted by inverse frequency, the mean over
seeds. NaN goes into the trees as it is. Source: arXiv:2510.20239 and its released code.

Departures: trees are added until *validation* participants stop gaining (the released code looks
at the fold that it then scores); probabilities are brought back from the balanced world of the
weights to the training shares; a recording's scores keep, within a band, the proportions of the
training participants. The published recipe says nothing of single segments: here the same trees
are grown on the segments' own values, with one seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from clinic.extras import require
from clinic.fusion.arrays import CaseSet, pad
from clinic.fusion.base import FusionNetwork, FusionOutputs, TrainerFactory
from clinic.fusion.boosting import BoosterEnsemble, BoostingSettings, Floats, LabelledRows
from clinic.fusion.distribution import LEAST_PROBABILITY
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.outcome_shares import outcome_shares, spread_over_scores
from clinic.fusion.pooling import recording_statistics
from clinic.records import Condition, Scale

#: Segments alone are many and alike: one seed, by time measured.
SEGMENT_SEEDS = 1


class TrimodalEarlyNetwork(FusionNetwork):
    """Boosters per target on statistics of a recording, and per rating on segments."""

    def __init__(self, scales: Sequence[Scale], *, n_seeds: int, restore_prevalence: bool) -> None:
        super().__init__(scales)

        def ensemble(n_bands: int, n: int) -> BoosterEnsemble:
            return BoosterEnsemble(n_bands, n, restore_prevalence=restore_prevalence)

        self.recordings = nn.ModuleDict(
            {str(s.condition): ensemble(s.n_bands, n_seeds) for s in scales}
        )
        self.segments = nn.ModuleDict(
            {str(s.condition): ensemble(2, SEGMENT_SEEDS) for s in self.rated}
        )
        for scale in self.scored:
            n_values = len(self.grid(scale.condition).values)
            self.register_buffer(f"prior_{scale.condition}", torch.full((n_values,), 1 / n_values))

    def prior(self, condition: Condition) -> Tensor:
        """Return the training participants' shares of whole scores, shape (n_values,)."""
        found = getattr(self, f"prior_{condition}")
        assert isinstance(found, Tensor)
        return found

    def recording_trees(self, condition: Condition) -> BoosterEnsemble:
        """Return the boosters of one target."""
        found = self.recordings[str(condition)]
        assert isinstance(found, BoosterEnsemble)
        return found

    def segment_trees(self, condition: Condition) -> BoosterEnsemble:
        """Return the boosters of one rating's segments."""
        found = self.segments[str(condition)]
        assert isinstance(found, BoosterEnsemble)
        return found

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the distributions for a batch; no gradient passes through trees."""
        seen = (~torch.isnan(values)).any(dim=-1) & segment_mask
        there = seen.any(dim=1)
        x = statistics(values, segment_mask)
        scores: dict[Condition, Tensor] = {}
        for scale in self.scored:
            bands = self._bands(self.recording_trees(scale.condition), x, there)
            membership = self.grid(scale.condition).membership
            mass = spread_over_scores(bands, self.prior(scale.condition), membership)
            mass = mass.clamp_min(LEAST_PROBABILITY)
            scores[scale.condition] = mass / mass.sum(dim=1, keepdim=True)
        ratings, segments = {}, {}
        for scale in self.rated:
            condition = scale.condition
            ratings[condition] = self._bands(self.recording_trees(condition), x, there)[:, 1]
            rows = values[seen].detach().cpu().numpy()
            trees = self.segment_trees(condition)
            said = trees.shares[1].expand(seen.shape).clone()
            said[seen] = torch.from_numpy(trees.probabilities(rows)[:, 1]).to(said)
            segments[condition] = said
        return FusionOutputs(scores, ratings, segments, seen)

    def _bands(self, trees: BoosterEnsemble, x: Floats, there: Tensor) -> Tensor:
        said = torch.from_numpy(trees.probabilities(x)).to(trees.shares)
        return torch.where(there[:, None], said, trees.shares)


@dataclass(frozen=True, kw_only=True)
class TrimodalEarly:
    """XGBoost on concatenated statistics, the mean over seeds.

    Args:
        tables: Names of feature tables per modality (text, voice, face, cross).
        n_trees: Most trees per band and seed.
        n_seeds: Fits whose probabilities are averaged.
        learning_rate, max_depth, min_child_weight, subsample, colsample: Of the trees.
        ridge: Penalty on the leaves' values (lambda).
        patience: Trees without gain on validation participants after which growing stops.
        restore_prevalence: Bring probabilities back to the training shares of the bands.
        n_threads: Of the library, while fitting.

    Raises:
        SetupError: xgboost is not installed.
    """

    tables: Mapping[str, Sequence[str]]
    n_trees: int
    n_seeds: int
    learning_rate: float
    max_depth: int
    min_child_weight: float
    subsample: float
    colsample: float
    ridge: float
    patience: int
    restore_prevalence: bool
    n_threads: int = 1

    def __post_init__(self) -> None:
        require("xgboost")

    def network(self, layout: FeatureLayout, scales: Sequence[Scale]) -> FusionNetwork:
        """Return an unfitted network."""
        del layout
        return TrimodalEarlyNetwork(
            scales, n_seeds=self.n_seeds, restore_prevalence=self.restore_prevalence
        )

    def fit(
        self,
        network: FusionNetwork,
        training: CaseSet,
        validation: CaseSet,
        *,
        trainer: TrainerFactory,
        seed: int,
    ) -> None:
        """Fit without a trainer; the library draws from ``seed`` and those that follow it."""
        del trainer
        assert isinstance(network, TrimodalEarlyNetwork)
        settings = self._settings()
        x, x_validation = (statistics(*pad(cases.values)) for cases in (training, validation))
        for scale in (*network.scored, *network.rated):
            condition = scale.condition
            outcomes, weights = _known(training, scale)
            membership = _membership(network, scale)
            prior = outcome_shares(outcomes, weights, membership)
            if not scale.is_rating:
                network.prior(condition).copy_(torch.from_numpy(prior))
            network.recording_trees(condition).fit(
                _recordings(x, training, scale),
                _recordings(x_validation, validation, scale),
                settings,
                prior @ membership,
                seed=seed,
            )
        for scale in network.rated:
            rows = _segments(training, scale.condition)
            network.segment_trees(scale.condition).fit(
                rows,
                _segments(validation, scale.condition),
                settings,
                outcome_shares(rows.bands, rows.weights, np.eye(2)),
                seed=seed,
            )
        network.eval()

    def _settings(self) -> BoostingSettings:
        return BoostingSettings(
            n_trees=self.n_trees,
            learning_rate=self.learning_rate,
            max_depth=self.max_depth,
            min_child_weight=self.min_child_weight,
            subsample=self.subsample,
            colsample=self.colsample,
            ridge=self.ridge,
            patience=self.patience,
            n_threads=self.n_threads,
        )


def statistics(values: Tensor, segment_mask: Tensor) -> Floats:
    """Return mean and deviation of every column, shape (B, 2 F), NaN = not observed."""
    observed = ~torch.isnan(values) & segment_mask[..., None]
    return recording_statistics(values.detach().cpu(), observed.cpu()).to(torch.float32).numpy()


def _membership(network: TrimodalEarlyNetwork, scale: Scale) -> NDArray[np.float64]:
    if scale.is_rating:
        return np.eye(2)
    return network.grid(scale.condition).membership.numpy().astype(np.float64)


def _known(cases: CaseSet, scale: Scale) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return outcomes, counted from the lowest, and weights of the recordings with a reference."""
    target = cases.targets[scale.condition]
    known = ~np.isnan(target)
    outcomes = np.rint(target[known] - scale.minimum).astype(np.intp)
    return outcomes, cases.weights[known]


def _recordings(x: Floats, cases: CaseSet, scale: Scale) -> LabelledRows:
    target = cases.targets[scale.condition]
    known = ~np.isnan(target) & ~np.isnan(x).all(axis=1)
    bands = np.array([scale.band_of(value) for value in target[known]], dtype=np.intp)
    return LabelledRows(x=x[known], bands=bands, weights=cases.weights[known])


def _segments(cases: CaseSet, condition: Condition) -> LabelledRows:
    """Return rated segments in which something was observed; each recording weighs alike."""
    labels = np.concatenate(cases.segment_targets[condition])
    lengths = [len(value) for value in cases.values]
    weights = np.repeat(cases.weights / np.maximum(lengths, 1), lengths)
    x = np.concatenate(cases.values).astype(np.float32)
    known = ~np.isnan(labels) & ~np.isnan(x).all(axis=1)
    scale = weights[known].mean() if known.any() else 1.0
    return LabelledRows(
        x=x[known], bands=labels[known].astype(np.intp), weights=weights[known] / scale
    )
