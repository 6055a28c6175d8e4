"""A trained fusion model: from one recording's features to raw estimates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from clinic.fusion.arrays import pad
from clinic.fusion.base import FusionNetwork, FusionOutputs, log_odds
from clinic.fusion.layout import FeatureLayout
from clinic.records import Case, Condition, ModelSummary, RawEstimate, Scale, Stamp, package_version
from clinic.torch_threads import torch_threads

#: Segments per pass of ``outputs``: what fits a processor's cache is fastest (docs/model.md).
CHUNK_SEGMENTS = 768


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainedModel:
    """Network, layout and scales that belong together.

    Args:
        background: Shape (1, n_features), float64: mean over the training participants of their
            interview means; NaN = never observed.
        trained_on: Ids of training and validation participants, for audits in memory; never
            written to the model folder.
    """

    network: FusionNetwork
    layout: FeatureLayout
    scales: tuple[Scale, ...]
    summary: ModelSummary
    background: NDArray[np.float64]
    trained_on: frozenset[str] = frozenset()

    @cached_property
    def output_names(self) -> tuple[str, ...]:
        """Names of the columns of ``outputs``: the conditions, in the order of the scales."""
        return tuple(str(scale.condition) for scale in self.scales)

    @cached_property
    def outputs_explained(self) -> tuple[Condition, ...]:
        """Conditions in the order of the columns of ``outputs``."""
        return tuple(scale.condition for scale in self.scales)

    def typical(self) -> NDArray[np.float64]:
        """Return what explanations compare with, shape (n_features,); NaN = never observed."""
        return self.background[0]

    @cached_property
    def output_units(self) -> tuple[str, ...]:
        """``points`` for a score, ``log-odds`` for a rating, in the order of the scales."""
        return tuple("log-odds" if scale.is_rating else "points" for scale in self.scales)

    def stamp(self) -> Stamp:
        """Provenance of what this model says."""
        return Stamp(
            component=f"{type(self.network).__module__}.{type(self.network).__qualname__}",
            version=f"{package_version('clinic-screening')}, {package_version('torch')}",
            settings={"model": self.summary.name, "model_version": self.summary.version},
            weights_sha256=self.summary.weights_sha256,
            licence=self.summary.licence,
        )

    def estimate(self, case: Case) -> tuple[RawEstimate, ...]:
        """Return one raw estimate per scale.

        Raises:
            SetupError: The case's tables are not those that the model was trained on.
        """
        return self.estimates([case])[0]

    def estimates(self, cases: Sequence[Case]) -> list[tuple[RawEstimate, ...]]:
        """Return raw estimates of several recordings, one tuple per case; see ``estimate``."""
        found: list[tuple[RawEstimate, ...]] = []
        for chunk in _chunks(cases):
            values = [self.layout.values(case).astype(np.float32) for case in chunk]
            with torch.inference_mode(), torch_threads(1):
                outputs = self.network(*pad(values))
                found += [
                    tuple(self._raw(outputs, scale, row, len(value)) for scale in self.scales)
                    for row, value in enumerate(values)
                ]
        return found

    def notes(self, case: Case) -> tuple[str, ...]:
        """Say where the case was measured otherwise than what the model learnt from."""
        return self.layout.notes(case)

    def _raw(self, outputs: FusionOutputs, scale: Scale, row: int, n_segments: int) -> RawEstimate:
        if scale.is_rating:
            logit = float(log_odds(outputs.ratings[scale.condition])[row])
            segment = log_odds(outputs.segments[scale.condition])[row, :n_segments]
            logits = segment.numpy().astype(np.float64)
            logits[~outputs.observed[row, :n_segments].numpy()] = np.nan
            return RawEstimate(
                scale=scale,
                log_probabilities=np.array([-np.logaddexp(0, logit), -np.logaddexp(0, -logit)]),
                score=None,
                segment_logits=logits,
            )
        grid = self.network.grid(scale.condition)
        probabilities = outputs.scores[scale.condition][row].to(torch.float64)
        bands = (probabilities @ grid.membership.to(torch.float64)).numpy()
        score = float(probabilities @ grid.values.to(torch.float64))
        return RawEstimate(
            scale=scale,
            log_probabilities=np.log(bands / bands.sum()),
            score=min(max(score, scale.minimum), scale.maximum),
        )

    def outputs(
        self, values: NDArray[np.float64], segment_mask: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return what is explained: expected scores and log-odds, before calibration.

        Args:
            values: Shape (n_rows, n_segments, n_features) in the layout's order and units;
                NaN = not observed.
            segment_mask: Shape (n_rows, n_segments); False leaves a segment out. A row may have
                no segment at all.

        Returns:
            Shape (n_rows, n_outputs), columns as ``output_names``.
        """
        parts: list[NDArray[np.float64]] = []
        with torch.inference_mode(), torch_threads(1):
            n_rows = max(1, CHUNK_SEGMENTS // max(values.shape[1], 1))
            for start in range(0, len(values), n_rows):
                rows = slice(start, start + n_rows)
                outputs = self.network(
                    torch.from_numpy(np.asarray(values[rows], dtype=np.float32)),
                    torch.from_numpy(np.asarray(segment_mask[rows], dtype=bool)),
                )
                parts.append(self._explained(outputs))
        return np.concatenate(parts) if parts else np.zeros((0, len(self.scales)))

    def _explained(self, outputs: FusionOutputs) -> NDArray[np.float64]:
        columns = [
            log_odds(outputs.ratings[scale.condition])
            if scale.is_rating
            else self.network.grid(scale.condition).expectation(outputs.scores[scale.condition])
            for scale in self.scales
        ]
        return torch.stack(columns, dim=1).numpy().astype(np.float64)


def _chunks(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    """Yield runs of cases whose padded segments stay near ``CHUNK_SEGMENTS``."""
    longest = max((len(case.segments) for case in cases), default=1)
    size = max(1, CHUNK_SEGMENTS // max(longest, 1))
    for start in range(0, len(cases), size):
        yield cases[start : start + size]


def interview_means(values: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return the mean of each feature over each recording, shape (n_recordings, n_features)."""
    rows = []
    for value in values:
        observed = ~np.isnan(value)
        total = np.where(observed, value, 0.0).sum(axis=0, dtype=np.float64)
        count = observed.sum(axis=0)
        rows.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return np.stack(rows)
