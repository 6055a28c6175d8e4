"""The bottom of the baseline ladder: pooled statistics and linear models.

A fusion model that does not beat this one on the same folds has no reason to exist; every
training run reports both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinic.fusion.arrays import CaseSet, pad
from clinic.fusion.base import FusionNetwork, FusionOutputs, TrainerFactory
from clinic.fusion.blocks import LEAST_SD, Standardiser
from clinic.fusion.heads import LOGISTIC_SD
from clinic.fusion.layout import FeatureLayout
from clinic.records import Condition, Scale


class PooledLinearNetwork(FusionNetwork):
    """Mean and deviation of each feature over the interview, then one linear map per target."""

    pooled_mean: Tensor
    pooled_sd: Tensor
    weights: Tensor
    offsets: Tensor
    spreads: Tensor
    segment_weights: Tensor
    segment_offsets: Tensor

    def __init__(self, layout: FeatureLayout, scales: Sequence[Scale]) -> None:
        super().__init__(scales)
        n_features, n_rated = layout.n_features, len(self.rated)
        self.standardiser = Standardiser(n_features)
        # Tables weigh alike: else an embedding of hundreds of columns drowns ten measured ones.
        widths = np.concatenate([np.full(b.width, b.width) for b in layout.blocks])
        self.block_root = np.sqrt(np.concatenate([widths, widths]))
        self.conditions = [scale.condition for scale in (*self.scored, *self.rated)]
        self.register_buffer("pooled_mean", torch.zeros(2 * n_features))
        self.register_buffer("pooled_sd", torch.ones(2 * n_features))
        self.register_buffer("weights", torch.zeros(2 * n_features, len(self.conditions)))
        self.register_buffer("offsets", torch.zeros(len(self.conditions)))
        self.register_buffer("spreads", torch.ones(len(self.conditions)))
        self.register_buffer("segment_weights", torch.zeros(n_features, n_rated))
        self.register_buffer("segment_offsets", torch.zeros(n_rated))

    def pooled(self, inputs: Tensor, observed: Tensor) -> Tensor:
        """Return (B, 2 F): mean and deviation over observed segments, standardised, 0 if none."""
        count = observed.sum(dim=1)
        mean = inputs.sum(dim=1) / count.clamp_min(1)
        square = (inputs**2).sum(dim=1) / count.clamp_min(1)
        deviation = (square - mean**2).clamp_min(0).sqrt()
        both = (torch.cat([mean, deviation], dim=1) - self.pooled_mean) / self.pooled_sd
        return torch.where(torch.cat([count > 0, count > 1], dim=1), both, torch.zeros_like(both))

    def forward(self, values: Tensor, segment_mask: Tensor) -> FusionOutputs:
        """Return the distributions for a batch."""
        inputs, observed = self.standardiser(values, segment_mask)
        linear = self.pooled(inputs, observed) @ self.weights + self.offsets
        seen = observed.any(dim=-1)
        scores: dict[Condition, Tensor] = {}
        for place, scale in enumerate(self.scored):
            spread = self.spreads[place].expand(len(linear))
            grid = self.grid(scale.condition)
            scores[scale.condition] = grid.probabilities(linear[:, place], spread)
        per_segment = torch.sigmoid(inputs @ self.segment_weights + self.segment_offsets)
        n_scored = len(self.scored)
        return FusionOutputs(
            scores,
            {
                scale.condition: torch.sigmoid(linear[:, n_scored + place])
                for place, scale in enumerate(self.rated)
            },
            {scale.condition: per_segment[..., place] for place, scale in enumerate(self.rated)},
            seen,
        )


@dataclass(frozen=True, kw_only=True)
class PooledLinear:
    """Ridge and logistic regression on pooled statistics.

    Args:
        tables: Names of feature tables per modality (text, voice, face, cross).
        penalties: Ridge penalties tried on validation participants.
    """

    tables: Mapping[str, Sequence[str]]
    penalties: Sequence[float] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)

    def network(self, layout: FeatureLayout, scales: Sequence[Scale]) -> FusionNetwork:
        """Return an unfitted network."""
        return PooledLinearNetwork(layout, scales)

    def fit(
        self,
        network: FusionNetwork,
        training: CaseSet,
        validation: CaseSet,
        *,
        trainer: TrainerFactory,
        seed: int,
    ) -> None:
        """Fit in closed form; the trainer and the seed are not needed."""
        del trainer, seed
        assert isinstance(network, PooledLinearNetwork)
        network.standardiser.fit(training.values)
        network.pooled_mean.zero_()
        network.pooled_sd.fill_(1.0)
        raw = _pooled(network, training)
        deviation = raw.std(axis=0)
        network.pooled_mean.copy_(torch.from_numpy(raw.mean(axis=0)))
        scale = np.where(deviation < LEAST_SD, 1.0, deviation) * network.block_root
        network.pooled_sd.copy_(torch.from_numpy(scale.astype(np.float32)))
        x, x_validation = _pooled(network, training), _pooled(network, validation)
        for place, scale in enumerate(network.scored):
            weights, offset, spread = self._ridge(
                x, training, x_validation, validation, scale.condition
            )
            network.weights[:, place] = torch.from_numpy(weights)
            network.offsets[place], network.spreads[place] = offset, spread
        for place, scale in enumerate(network.rated):
            condition = scale.condition
            column = len(network.scored) + place
            weights, offset = self._logistic(
                x,
                training.targets[condition],
                training.weights,
                x_validation,
                validation.targets[condition],
            )
            network.weights[:, column] = torch.from_numpy(weights)
            network.offsets[column] = offset
            weights, offset = self._logistic(
                *_segments(network, training, condition),
                *_segments(network, validation, condition)[:2],
            )
            root = network.block_root[: len(weights)]
            network.segment_weights[:, place] = torch.from_numpy(weights / root)
            network.segment_offsets[place] = offset
        network.eval()

    def _ridge(
        self,
        x: NDArray[np.float64],
        training: CaseSet,
        x_validation: NDArray[np.float64],
        validation: CaseSet,
        condition: Condition,
    ) -> tuple[NDArray[np.float64], float, float]:
        from sklearn.linear_model import Ridge

        y, y_validation = training.targets[condition], validation.targets[condition]
        known, checked = ~np.isnan(y), ~np.isnan(y_validation)
        best = (np.zeros(x.shape[1]), float(np.mean(y[known])))
        least = _rms(y_validation[checked] - best[1], fallback=float(np.std(y[known])))
        for penalty in self.penalties:
            model = Ridge(alpha=penalty)
            model.fit(x[known], y[known], sample_weight=training.weights[known])
            error = _rms(y_validation[checked] - model.predict(x_validation)[checked], fallback=0)
            if checked.any() and error < least:
                least, best = error, (model.coef_, float(model.intercept_))
        return best[0], best[1], max(least, 0.5) / LOGISTIC_SD

    def _logistic(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        weights: NDArray[np.float64],
        x_validation: NDArray[np.float64],
        y_validation: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], float]:
        from sklearn.linear_model import LogisticRegression

        known, checked = ~np.isnan(y), ~np.isnan(y_validation)
        share = (np.sum(y[known]) + 1) / (known.sum() + 2)
        best = (np.zeros(x.shape[1]), float(np.log(share / (1 - share))))
        if len(set(y[known])) < 2 or not checked.any():
            return best
        least = _cross_entropy(np.full(checked.sum(), best[1]), y_validation[checked])
        for penalty in self.penalties:
            model = LogisticRegression(C=1.0 / penalty, max_iter=2000)
            model.fit(x[known], y[known], sample_weight=weights[known])
            loss = _cross_entropy(
                model.decision_function(x_validation[checked]), y_validation[checked]
            )
            if loss < least:
                least, best = loss, (model.coef_[0], float(model.intercept_[0]))
        return best


def _pooled(network: PooledLinearNetwork, cases: CaseSet) -> NDArray[np.float64]:
    with torch.no_grad():
        inputs, observed = network.standardiser(*pad(cases.values))
        return network.pooled(inputs, observed).numpy().astype(np.float64)


def _segments(
    network: PooledLinearNetwork, cases: CaseSet, condition: Condition
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    with torch.no_grad():
        padded, mask = pad(cases.values)
        inputs, _ = network.standardiser(padded, mask)
    n_features = inputs.shape[-1]
    rows = inputs.numpy()[mask.numpy()].astype(np.float64) / network.block_root[:n_features]
    labels = cases.segment_targets[condition]
    weights = [
        np.full(len(row), weight / max(len(row), 1))
        for row, weight in zip(labels, cases.weights, strict=True)
    ]
    return rows, np.concatenate(labels), np.concatenate(weights) * len(rows) / len(labels)


def _rms(errors: NDArray[np.float64], *, fallback: float) -> float:
    return float(np.sqrt(np.mean(errors**2))) if len(errors) else fallback


def _cross_entropy(logits: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(np.mean(np.logaddexp(0.0, logits) - y * logits))
