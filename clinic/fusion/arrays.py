"""Cases as arrays: inputs, targets and weights of a set of recordings, and padded batches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinic.fusion.layout import FeatureLayout
from clinic.fusion.targets import item_answers, segment_labels, target_value, vote_shares
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
        items: Per condition shape (n_recordings, n_items), NaN where an item is blank; a
            condition whose items nobody here answered is left out.
        soft: Per condition shape (n_recordings, n_bands), share of raters who chose each band,
            NaN where nobody rated; a condition without votes is left out.
    """

    values: tuple[NDArray[np.float32], ...]
    targets: Mapping[Condition, NDArray[np.float64]]
    segment_targets: Mapping[Condition, tuple[NDArray[np.float64], ...]]
    weights: NDArray[np.float64]
    participant_ids: tuple[str, ...]
    items: Mapping[Condition, NDArray[np.float64]] = field(default_factory=dict)
    soft: Mapping[Condition, NDArray[np.float64]] = field(default_factory=dict)

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
    items: Mapping[Condition, Tensor] = field(default_factory=dict)
    soft: Mapping[Condition, Tensor] = field(default_factory=dict)

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on another device."""
        return Batch(
            values=self.values.to(device),
            segment_mask=self.segment_mask.to(device),
            targets={key: value.to(device) for key, value in self.targets.items()},
            segment_targets={key: v.to(device) for key, v in self.segment_targets.items()},
            weights=self.weights.to(device),
            items={key: value.to(device) for key, value in self.items.items()},
            soft={key: value.to(device) for key, value in self.soft.items()},
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
    known = [references[case.recording_id] for case in cases]
    return CaseSet(
        values=tuple(layout.values(case).astype(np.float32) for case in cases),
        targets={
            scale.condition: np.array([target_value(reference, scale) for reference in known])
            for scale in scales
        },
        segment_targets={
            scale.condition: tuple(
                segment_labels(case, reference)
                for case, reference in zip(cases, known, strict=True)
            )
            for scale in rated
        },
        weights=np.array([1.0 / sizes[case.participant_id] for case in cases]),
        participant_ids=tuple(case.participant_id for case in cases),
        items=_where_known({s.condition: [item_answers(r, s) for r in known] for s in scales}),
        soft=_where_known({s.condition: [vote_shares(r, s) for r in known] for s in scales}),
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
        targets=_rows(cases.targets, indices),
        segment_targets={
            condition: _pad_targets([rows[i] for i in indices], mask.shape[1])
            for condition, rows in cases.segment_targets.items()
        },
        weights=torch.tensor(cases.weights[list(indices)], dtype=torch.float32),
        items=_rows(cases.items, indices),
        soft=_rows(cases.soft, indices),
    )


def rated_shares(cases: CaseSet, condition: Condition) -> NDArray[np.float64]:
    """Return the share of raters who said yes, shape (n,); the one label where none voted."""
    labels = cases.targets[condition]
    if condition not in cases.soft:
        return labels
    voted = cases.soft[condition][:, 1]
    return np.where(np.isnan(voted), labels, voted)


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


def _rows(
    arrays: Mapping[Condition, NDArray[np.float64]], indices: Sequence[int]
) -> dict[Condition, Tensor]:
    return {
        condition: torch.tensor(array[list(indices)], dtype=torch.float32)
        for condition, array in arrays.items()
    }


def _where_known(
    rows: Mapping[Condition, Sequence[NDArray[np.float64]]],
) -> dict[Condition, NDArray[np.float64]]:
    """Stack the rows of each condition; leave out those in which everything is NaN."""
    stacked = {c: np.stack(r) if r else np.zeros((0, 0)) for c, r in rows.items()}
    return {c: array for c, array in stacked.items() if not np.isnan(array).all()}
