"""Cases as arrays: inputs, targets and weights of a set of recordings, and padded batches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinic.fusion.layout import FeatureLayout
from clinic.fusion.targets import segment_labels, target_value
from clinic.records import Case, Condition, Reference, Scale


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseSet:
    """Recordings ready for a network.

    Args:
        values: Per recording shape (n_segments, n_features), float32, NaN = not observed.
        targets: Per condition shape (n_recordings,), NaN where there is no reference.
        segment_targets: Per rating and recording shape (n_segments,), NaN where nobody rated.
        weights: Shape (n_recordings,), 1 / recordings of that participant, so that each person
            counts once.
    """

    values: tuple[NDArray[np.float32], ...]
    targets: Mapping[Condition, NDArray[np.float64]]
    segment_targets: Mapping[Condition, tuple[NDArray[np.float64], ...]]
    weights: NDArray[np.float64]
    participant_ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Padded recordings: values (B, S, F) with NaN, mask (B, S), targets as in ``CaseSet``."""

    values: Tensor
    segment_mask: Tensor
    targets: Mapping[Condition, Tensor]
    segment_targets: Mapping[Condition, Tensor]
    weights: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on another device."""
        return Batch(
            values=self.values.to(device),
            segment_mask=self.segment_mask.to(device),
            targets={key: value.to(device) for key, value in self.targets.items()},
            segment_targets={key: v.to(device) for key, v in self.segment_targets.items()},
            weights=self.weights.to(device),
        )


def case_set(
    cases: Sequence[Case],
    references: Mapping[str, Reference],
    layout: FeatureLayout,
    scales: Sequence[Scale],
) -> CaseSet:
    """Turn cases and their references (by recording id) into arrays."""
    sizes: dict[str, int] = {}
    for case in cases:
        sizes[case.participant_id] = sizes.get(case.participant_id, 0) + 1
    rated = [scale for scale in scales if scale.is_rating]
    return CaseSet(
        values=tuple(layout.values(case).astype(np.float32) for case in cases),
        targets={
            scale.condition: np.array(
                [target_value(references[case.recording_id], scale) for case in cases]
            )
            for scale in scales
        },
        segment_targets={
            scale.condition: tuple(
                segment_labels(case, references[case.recording_id]) for case in cases
            )
            for scale in rated
        },
        weights=np.array([1.0 / sizes[case.participant_id] for case in cases]),
        participant_ids=tuple(case.participant_id for case in cases),
    )


def pad(values: Sequence[NDArray[np.float32]]) -> tuple[Tensor, Tensor]:
    """Return values (B, S, F) padded with NaN, and the mask (B, S) of real segments."""
    longest = max((len(value) for value in values), default=0)
    padded = np.full((len(values), max(longest, 1), values[0].shape[1]), np.nan, dtype=np.float32)
    mask = np.zeros(padded.shape[:2], dtype=bool)
    for row, value in enumerate(values):
        padded[row, : len(value)] = value
        mask[row, : len(value)] = True
    return torch.from_numpy(padded), torch.from_numpy(mask)


def batch_of(cases: CaseSet, indices: Sequence[int]) -> Batch:
    """Return some recordings of a set as one padded batch."""
    values, mask = pad([cases.values[i] for i in indices])
    return Batch(
        values=values,
        segment_mask=mask,
        targets={
            condition: torch.tensor(target[list(indices)], dtype=torch.float32)
            for condition, target in cases.targets.items()
        },
        segment_targets={
            condition: _pad_targets([rows[i] for i in indices], mask.shape[1])
            for condition, rows in cases.segment_targets.items()
        },
        weights=torch.tensor(cases.weights[list(indices)], dtype=torch.float32),
    )


@dataclass(frozen=True, eq=False)
class ShuffledBatches:
    """Batches in a new order each time, reproducible from the seed."""

    cases: CaseSet
    batch_size: int
    seed: int | None

    def __len__(self) -> int:
        return -(-len(self.cases) // self.batch_size)

    def order(self, epoch: int) -> list[int]:
        """Return the order of recordings in one epoch; unshuffled without a seed."""
        if self.seed is None:
            return list(range(len(self.cases)))
        return [
            int(i) for i in np.random.default_rng([self.seed, epoch]).permutation(len(self.cases))
        ]

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Yield the padded batches of one epoch."""
        order = self.order(epoch)
        for start in range(0, len(order), self.batch_size):
            yield batch_of(self.cases, order[start : start + self.batch_size])


def _pad_targets(rows: Sequence[NDArray[np.float64]], length: int) -> Tensor:
    padded = np.full((len(rows), length), np.nan, dtype=np.float32)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = row
    return torch.from_numpy(padded)
