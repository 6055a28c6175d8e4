"""A learned signal: how likely a program would have planted a disagreement here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from clinic.errors import SetupError
from clinic.inconsistency.heads.dense_head import DenseHead, load_dense_head
from clinic.inconsistency.measures.base import Comparison, Floats
from clinic.records import FeatureSpec


@dataclass(frozen=True, kw_only=True)
class LearnedInconsistency(Comparison):
    """Probability that a segment carries a planted conflict, by a linear head (``Measure``).

    Trained on simulated interviews: it knows how their author thought that words, voice and face
    come apart. Its size is no probability of anything in a real interview; only the order of
    segments is meant.

    Args:
        readings: Personal z scores that it looks at, in the order of training.
        weights: A shipped head by name, or the path of a safetensors file.
        weights_sha256: Hash that the file must have.

    Raises:
        SetupError: The head is not there, has another hash, or was trained on other readings.
    """

    readings: tuple[str, ...]
    weights: str
    weights_sha256: str
    _head: DenseHead = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "readings", tuple(self.readings))
        head = load_dense_head(self.weights, self.weights_sha256)
        if head.inputs != design_columns(self.readings):
            raise SetupError(
                f"head {self.weights!r} was trained on other readings than "
                f"{', '.join(self.readings)} (readings)"
            )
        object.__setattr__(self, "_head", head)

    @property
    def name(self) -> str:
        """Always ``learned_inconsistency``."""
        return "learned_inconsistency"

    def spec(self) -> FeatureSpec:
        """Column description."""
        return FeatureSpec(
            name=self.name,
            unit="1",
            minimum=0.0,
            maximum=1.0,
            source=f"clinic/inconsistency/weights/{self.weights}.md",
            group="words, voice and face",
            meaning="disagreement of words, voice and face as learned on simulated interviews",
        )

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return the probability; NaN where any reading is absent."""
        laid = np.broadcast_arrays(*(scores[name] for name in self.readings))
        flat = np.stack([column.ravel() for column in laid], axis=1)
        return np.asarray(self._head.predict(design(flat))[:, 0].reshape(laid[0].shape))


def design_columns(readings: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the inputs that ``design`` makes from readings."""
    pairs = [
        f"{first_side} {first} + {second_side} {second}"
        for first, second in combinations(readings, 2)
        for first_side in ("high", "low")
        for second_side in ("high", "low")
    ]
    return (*readings, *(f"size {name}" for name in readings), *pairs)


def design(scores: Floats) -> Floats:
    """Return z scores, their sizes, and how far each two lie on given sides (as ``Pattern`` does).

    Args:
        scores: Shape (n, n_readings).

    Returns:
        Shape (n, n_inputs), columns as ``design_columns``; NaN in, NaN out.

    Example:
        >>> design(np.array([[-2.0, 1.0]])).tolist()
        [[-2.0, 1.0, 2.0, 1.0, 0.0, 0.0, 1.0, 0.0]]
    """
    columns = [*scores.T, *np.abs(scores).T]
    for first, second in combinations(scores.T, 2):
        for side in (1.0, -1.0):
            for other in (1.0, -1.0):
                columns.append(np.maximum(np.minimum(side * first, other * second), 0.0))
    return np.column_stack(columns)
