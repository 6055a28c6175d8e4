"""What is evaluated: a scored scale, a yes/no rating, or any set of unordered classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from clinic.records import Scale


class TargetKind(StrEnum):
    """What there is to compare.

    ``SCORE`` has points and ordered bands, ``RATING`` is yes or no, ``SEGMENTS`` is yes or no per
    segment of a recording, ``CLASSES`` has no order.
    """

    SCORE = "score"
    RATING = "rating"
    SEGMENTS = "segments"
    CLASSES = "classes"


@dataclass(frozen=True, kw_only=True)
class Target:
    """One target of an evaluation; conditions are not the only ones.

    Args:
        name: Key in tables, such as ``depression`` or ``emotion``.
        title: For readers, such as ``PHQ-8``.
        classes: Names of bands in rising order, or of classes.
        starts: First score of each band; empty where there is no score.
        minimum, maximum: Range of the score; 0 and the last class index where there is none.
        cutoff_class: First class at or above the cut-off; None where there is no cut-off.
    """

    name: str
    title: str
    kind: TargetKind
    classes: tuple[str, ...]
    starts: tuple[float, ...] = ()
    minimum: float = 0.0
    maximum: float = 1.0
    cutoff_class: int | None = None

    @classmethod
    def of_scale(cls, scale: Scale) -> "Target":
        """Return the target that a scale describes."""
        return cls(
            name=str(scale.condition),
            title=scale.name,
            kind=TargetKind.RATING if scale.is_rating else TargetKind.SCORE,
            classes=tuple(scale.band_names),
            starts=tuple(scale.band_starts),
            minimum=scale.minimum,
            maximum=scale.maximum,
            cutoff_class=scale.cutoff_band,
        )

    @classmethod
    def of_segments(cls, scale: Scale) -> "Target":
        """Return the localisation of a rating: whether it is shown in a segment."""
        return cls(
            name=f"{scale.condition}_segments",
            title=f"{scale.name} per segment",
            kind=TargetKind.SEGMENTS,
            classes=tuple(scale.band_names),
            starts=tuple(scale.band_starts),
            minimum=scale.minimum,
            maximum=scale.maximum,
            cutoff_class=scale.cutoff_band,
        )

    @classmethod
    def of_classes(cls, name: str, classes: Sequence[str]) -> "Target":
        """Return a target of unordered classes."""
        return cls(
            name=name,
            title=name,
            kind=TargetKind.CLASSES,
            classes=tuple(classes),
            maximum=float(len(classes) - 1),
        )

    @property
    def n_classes(self) -> int:
        """Number of bands or classes."""
        return len(self.classes)

    def class_of(self, values: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return class indices of scores (or of class indices given as numbers), shape (n,).

        Raises:
            ValueError: A value off the scale, or NaN.
        """
        values = np.asarray(values, dtype=np.float64)
        if not np.all((values >= self.minimum) & (values <= self.maximum)):
            raise ValueError(f"{self.title}: [{self.minimum:g}, {self.maximum:g}] needed")
        if not self.starts:
            return values.astype(np.intp)
        return np.asarray(np.searchsorted(self.starts, values, side="right") - 1, dtype=np.intp)
