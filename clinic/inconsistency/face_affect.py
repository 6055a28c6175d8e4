"""Affect of the face: weighted action units (AUs) after the prototypes of FACS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.affect import (
    AROUSAL,
    SMILE,
    VALENCE,
    absent_affect,
    affect_table,
    find_table,
)
from clinic.inconsistency.stamping import nested_stamp
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Segment, Stamp


@dataclass(frozen=True, kw_only=True)
class ActionUnitAffect:
    """Valence, arousal and smile as weighted sums of action unit intensities.

    Weights are divided by the sum of their sizes, so that each answer is in the unit of the
    action units. A missing action unit makes the answer NaN.

    Args:
        table: Name of the component that measures the face.
        column: Name of a column by action unit, such as ``{au}_mean``.
        valence: Weight per action unit; positive for pleasant.
        arousal: Weight per action unit.
        smile: Weight per action unit.
        min_coverage: Share of the stretch in which the face must have been seen.
        floor: Least spread, in the unit of the action units, that counts as change.
    """

    table: str
    column: str
    valence: Mapping[str, float]
    arousal: Mapping[str, float]
    smile: Mapping[str, float]
    min_coverage: float
    floor: float

    @property
    def modality(self) -> Modality:
        """Always face."""
        return Modality.FACE

    @property
    def floors(self) -> dict[str, float]:
        """One floor: all answers are in the unit of the action units."""
        return {VALENCE: self.floor, AROUSAL: self.floor, SMILE: self.floor}

    def stamp(self) -> Stamp:
        """Provenance with the weights."""
        return nested_stamp(self)

    def read(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> FeatureTable:
        """Return valence, arousal and smile in the unit of the action units."""
        table = find_table(extractions, self.table)
        if table is None:
            return absent_affect(
                modality=Modality.FACE,
                segments=segments,
                specs=_SPECS,
                stamp=self.stamp(),
                note=f"Affect of the face was not read: no {self.table} features.",
            )
        seen = table.coverage >= self.min_coverage
        sums = [self._sum(table, w) for w in (self.valence, self.arousal, self.smile)]
        return affect_table(
            modality=Modality.FACE,
            segments=segments,
            specs=_SPECS,
            columns=[np.where(seen, column, np.nan) for column in sums],
            coverage=table.coverage,
            stamp=self.stamp(),
        )

    def _sum(self, table: FeatureTable, weights: Mapping[str, float]) -> NDArray[np.float64]:
        names = {au: self.column.format(au=au) for au in weights}
        missing = [name for name in names.values() if name not in table.columns]
        if missing:
            raise SetupError(f"table {table.name} has no column {missing[0]} (column)")
        total = np.zeros(table.n_rows)
        for au, weight in weights.items():
            total = total + weight * table.column(names[au])
        return total / sum(abs(weight) for weight in weights.values())


def _spec(name: str, meaning: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="AU intensity",
        minimum=-np.inf,
        maximum=np.inf,
        source="Ekman, Friesen & Hager (2002), FACS Investigator's Guide; Friesen & Ekman "
        "(1983), EMFACS-7",
        group="affect of the face",
        meaning=meaning,
    )


_SPECS = (
    _spec(VALENCE, "how pleasant the face looks"),
    _spec(AROUSAL, "how much the face moves"),
    _spec(SMILE, "how far the mouth corners are drawn up"),
)
