"""Ambivalence and hesitancy (A/H) of one utterance: several signs, any of which may show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.readers.affect import find_table
from clinic.inconsistency.signals.segment_signal import SegmentSignal
from clinic.inconsistency.signals.tables import read_column
from clinic.inconsistency.stamping import joint_stamp
from clinic.records import Extraction, FeatureSpec, Segment, Stamp

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Grade:
    """How one column counts: nothing up to ``starts_at``, ``weight`` from ``full_at`` on.

    Args:
        column: A column of the parts, or of a table of disagreement between modalities.
        weight: What the score would be if this were the only sign, in (0, 1).
    """

    column: str
    starts_at: float
    full_at: float
    weight: float

    def __post_init__(self) -> None:
        if not 0 < self.weight < 1:
            raise SetupError(f"{self.column}: weight {self.weight:g}, above 0 and below 1 needed")
        if not self.starts_at < self.full_at:
            raise SetupError(
                f"{self.column}: from {self.starts_at:g} to {self.full_at:g}, a rise needed "
                "(starts_at, full_at)"
            )

    def of(self, column: Floats) -> Floats:
        """Return 0 to ``weight``, NaN where not observed."""
        rise = (column - self.starts_at) / (self.full_at - self.starts_at)
        return np.asarray(self.weight * np.clip(rise, 0.0, 1.0))


@dataclass(frozen=True, kw_only=True)
class Ambivalence:
    """Signs put together by noisy-or: ``1 - product of (1 - grade)``.

    Any sign raises the score, none can lower it, and one that was not observed says nothing.
    The score is an order of utterances, no probability: its weights are fixed, not fitted.

    Args:
        parts: Signals whose columns are graded.
        grades: By name.
        needed: A column without which an utterance has no score.
        cross_modal: Name of a table of disagreement between modalities that is graded where it
            is among the extractions; its columns may be absent, those of the parts may not.

    Raises:
        SetupError: ``needed`` is no column of a part, or no grade reads a part.

    Source:
        Noisy-or: Pearl (1988), Probabilistic Reasoning in Intelligent Systems, section 4.3.2.
        Signs in words, voice, face and between them: arXiv:2505.19328 (BAH).
    """

    parts: Mapping[str, SegmentSignal]
    grades: Mapping[str, Grade]
    needed: str
    cross_modal: str

    def __post_init__(self) -> None:
        own = self._own_columns()
        if self.needed not in own:
            raise SetupError(f"ambivalence: {self.needed} is none of {list(own)} (needed)")
        if not any(grade.column in own for grade in self.grades.values()):
            raise SetupError("ambivalence: no grade reads a column of the parts (grades)")

    def _own_columns(self) -> tuple[str, ...]:
        return tuple(spec.name for part in self.parts.values() for spec in part.specs())

    def specs(self) -> tuple[FeatureSpec, ...]:
        """One column, ``ambivalence``."""
        return (_SPEC,)

    def stamp(self) -> Stamp:
        """Provenance with parts and grades, and the hash of a learned reader inside."""
        return joint_stamp(self, [part.stamp() for part in self.parts.values()])

    def values(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> Floats:
        """Return shape (n_segments, 1), from 0 to 1."""
        columns = self.columns(segments, extractions)
        doubt = np.ones(len(segments))
        for grade in self.grades.values():
            if grade.column in columns:
                graded = grade.of(columns[grade.column])
                doubt *= 1.0 - np.where(np.isfinite(graded), graded, 0.0)
        return np.where(np.isfinite(columns[self.needed]), 1.0 - doubt, np.nan)[:, None]

    def columns(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction]
    ) -> dict[str, Floats]:
        """Return every column that a grade may read, by name, shape (n_segments,) each."""
        columns: dict[str, Floats] = {}
        for part in self.parts.values():
            values = part.values(segments, extractions)
            columns |= {spec.name: values[:, i] for i, spec in enumerate(part.specs())}
        table = find_table(extractions, self.cross_modal)
        for grade in self.grades.values():
            if grade.column not in columns and table is not None:
                columns[grade.column] = read_column(table, grade.column, setting="grades")
        return columns

    def shortage(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction]
    ) -> tuple[str, str]:
        """Say why the needed part gave nothing."""
        part = next(
            part
            for part in self.parts.values()
            if self.needed in [spec.name for spec in part.specs()]
        )
        return part.shortage(segments, extractions)


_SPEC = FeatureSpec(
    name="ambivalence",
    unit="1",
    minimum=0.0,
    maximum=1.0,
    source="noisy-or of fixed grades: docs/features/ambivalence.md",
    group="ambivalence",
    meaning="signs of being torn or hesitant in one utterance",
)
