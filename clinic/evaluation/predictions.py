"""Settled estimates of people kept apart, beside their references: what every metric reads."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.target import Target, TargetKind

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """One target of one model; a row is one recording in one repeat.

    Args:
        reference: Shape (n,), score on the scale, or index of the class.
        probabilities: Shape (n, n_classes), calibrated.
        score: Shape (n,), NaN where the target has none.
        low, high: Shape (n,), ends of the conformal interval, NaN where there is none.
        plausible: Shape (n, n_classes), whether a class is in the conformal set.
        fold, repeat: Shape (n,), which fold scored the row, in which repeat (seed).
    """

    target: Target
    recording_ids: NDArray[np.str_]
    participant_ids: NDArray[np.str_]
    reference: Floats
    probabilities: Floats
    score: Floats
    low: Floats
    high: Floats
    plausible: NDArray[np.bool_]
    fold: Rows
    repeat: Rows

    def __post_init__(self) -> None:
        n = len(self.recording_ids)
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "target" and len(value) != n:
                raise ValueError(
                    f"predictions of {self.target.name}: {field.name} has {len(value)}"
                    f" rows, {n} needed"
                )
        if self.probabilities.shape != (n, self.target.n_classes):
            raise ValueError(f"predictions of {self.target.name}: {self.probabilities.shape}")
        if np.isnan(self.reference).any():
            raise ValueError(f"predictions of {self.target.name}: a row without a reference")

    def __len__(self) -> int:
        return len(self.recording_ids)

    @property
    def reference_class(self) -> Rows:
        """Index of the true band or class, shape (n,)."""
        return self.target.class_of(self.reference)

    @property
    def shown_class(self) -> Rows:
        """What a reader sees, shape (n,): the band of the score, or the most probable class."""
        if self.target.kind is TargetKind.SCORE:
            return self.target.class_of(self.score)
        return np.argmax(self.probabilities, axis=1).astype(np.intp)

    @property
    def reaches_cutoff(self) -> NDArray[np.bool_]:
        """Whether the reference reaches the cut-off, shape (n,)."""
        return np.asarray(self.reference_class >= self._cutoff())

    @property
    def cutoff_probability(self) -> Floats:
        """Probability of reaching it, shape (n,)."""
        total = self.probabilities[:, self._cutoff() :].sum(axis=1)
        return np.asarray(np.clip(total, 0.0, 1.0))

    def _cutoff(self) -> int:
        if self.target.cutoff_class is None:
            raise ValueError(f"{self.target.title} has no cut-off")
        return self.target.cutoff_class

    def take(self, rows: Rows | NDArray[np.bool_]) -> "Predictions":
        """Return some rows."""
        return replace(
            self,
            **{f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "target"},
        )


def joined(parts: Sequence[Predictions]) -> Predictions:
    """Return the rows of several folds or repeats of one target as one."""
    if not parts:
        raise ValueError("no predictions to join")
    return replace(
        parts[0],
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(Predictions)
            if f.name != "target"
        },
    )
