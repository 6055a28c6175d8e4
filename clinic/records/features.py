"""Feature tables: rows are segments or frames, columns are described, NaN is not observed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.records.modality import Modality
from clinic.records.recording import Recording
from clinic.records.stamp import Stamp
from clinic.records.transcript import Segment

#: 1e-6: float32 values stored at a bound may come back a rounding step outside it.
RANGE_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class FeatureSpec:
    """One column.

    Args:
        name: Unique within its table, the field's standard term (``AU12``, ``F0semitone...``).
        unit: ``1`` for pure numbers, else SI or the field's unit (``s``, ``dB``, ``semitone``).
        minimum, maximum: Values outside are refused; use infinities where there is no bound.
        source: Paper or document that defines the measure.
        group: Feature group shown in explanations, such as ``pausing`` or ``brow``.
        meaning: A few plain words for the reader of a report.
    """

    name: str
    unit: str
    minimum: float
    maximum: float
    source: str
    group: str
    meaning: str


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureTable:
    """Measured values with their columns described.

    Args:
        name: Name of the component that made it, unique within a run.
        row_kind: ``segment``, ``frame`` or ``recording``.
        start_s, end_s: Shape (n_rows,), seconds on the container's clock.
        values: Shape (n_rows, n_columns), float64; NaN = not observed.
        coverage: Shape (n_rows,), share of the row's time that was observed, in [0, 1].
        notes: What could not be measured and why, in words for the report.

    Raises:
        ValueError: Shapes differ, a column name repeats, or a value is out of range.
    """

    name: str
    modality: Modality
    row_kind: str
    specs: tuple[FeatureSpec, ...]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    values: NDArray[np.float64]
    coverage: NDArray[np.float64]
    stamp: Stamp
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n_rows = len(self.start_s)
        if self.row_kind not in ("segment", "frame", "recording"):
            raise ValueError(f"table {self.name}: row kind {self.row_kind!r}")
        if self.values.shape != (n_rows, len(self.specs)):
            raise ValueError(
                f"table {self.name}: values {self.values.shape}, "
                f"{n_rows} rows and {len(self.specs)} columns described"
            )
        if self.end_s.shape != (n_rows,) or self.coverage.shape != (n_rows,):
            raise ValueError(f"table {self.name}: times or coverage do not match {n_rows} rows")
        names = self.columns
        if len(set(names)) != len(names):
            raise ValueError(f"table {self.name}: a column name repeats")
        if n_rows and not (np.all(self.coverage >= 0) and np.all(self.coverage <= 1)):
            raise ValueError(f"table {self.name}: coverage outside [0, 1]")
        self._require_in_range()

    def _require_in_range(self) -> None:
        if np.isinf(self.values).any():
            raise ValueError(f"table {self.name}: infinite value")
        low = np.array([spec.minimum for spec in self.specs])
        high = np.array([spec.maximum for spec in self.specs])
        with np.errstate(invalid="ignore"):
            bad = (self.values < low - RANGE_TOLERANCE) | (self.values > high + RANGE_TOLERANCE)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            spec = self.specs[column]
            raise ValueError(
                f"table {self.name}: {spec.name} = {self.values[row, column]:.6g}, "
                f"[{spec.minimum:g}, {spec.maximum:g}] allowed"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(spec.name for spec in self.specs)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.start_s)

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one column, shape (n_rows,).

        Raises:
            KeyError: No such column.
        """
        if name not in self.columns:
            raise KeyError(f"table {self.name} has no column {name}")
        return self.values[:, self.columns.index(name)]

    def with_values(self, values: NDArray[np.float64]) -> "FeatureTable":
        """Return the same table with other values."""
        return replace(self, values=values)


@dataclass(frozen=True, kw_only=True, eq=False)
class Extraction:
    """What one extractor found: a table with one row a segment, and frames where it has them."""

    segments: FeatureTable
    frames: FeatureTable | None = None

    def __post_init__(self) -> None:
        if self.segments.row_kind != "segment":
            raise ValueError(f"table {self.segments.name}: rows are {self.segments.row_kind}s")


class Extractor(Protocol):
    """A component of ``conf/features``: settings in the constructor, data in the call."""

    @property
    def name(self) -> str: ...
    @property
    def modality(self) -> Modality: ...

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Columns of the segment table, known before anything is read."""
        ...

    def stamp(self) -> Stamp:
        """Provenance, read off the component's own fields."""
        ...

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Measure one recording. The modality is known to be present when this is called.

        Raises:
            DataError: The medium is there but cannot be read.
        """
        ...
