"""Affect of the voice as a component of the features stage says it, column by column."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clinic.errors import SetupError
from clinic.inconsistency.readers.affect import (
    AROUSAL,
    VALENCE,
    absent_affect,
    affect_table,
    find_table,
)
from clinic.records import (
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    Segment,
    Stamp,
    stamp_of,
)

_SOURCE = "Wagner et al. (2023), doi:10.1109/TPAMI.2023.3263585 (arXiv:2203.07378)"


@dataclass(frozen=True, kw_only=True)
class VoiceColumns:
    """Takes arousal, and valence where wished, from columns of a table of the voice.

    Args:
        table: Name of the component.
        arousal: Its column.
        valence: Its column; None leaves valence NaN, which is right for models that hear the
            words (arXiv:2203.07378): the comparison with the words would find agreement with
            itself.
        floor: Least spread, in the unit of the columns, that counts as change.
    """

    table: str
    arousal: str
    valence: str | None
    floor: float

    @property
    def modality(self) -> Modality:
        """Always voice."""
        return Modality.VOICE

    @property
    def floors(self) -> dict[str, float]:
        """One floor: both columns are on one scale."""
        return {VALENCE: self.floor, AROUSAL: self.floor}

    def stamp(self) -> Stamp:
        """Provenance; hash and licence of the weights stand in the stamp of the table."""
        return stamp_of(self)

    def read(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> FeatureTable:
        """Return valence and arousal in the unit of the component."""
        table = find_table(extractions, self.table)
        if table is None:
            return absent_affect(
                modality=Modality.VOICE,
                segments=segments,
                specs=_SPECS,
                stamp=self.stamp(),
                note=f"Affect of the voice was not read: no {self.table} features.",
            )
        wanted = {"arousal": self.arousal, "valence": self.valence}
        for setting, column in wanted.items():
            if column is not None and column not in table.columns:
                raise SetupError(f"table {table.name} has no column {column} ({setting})")
        nothing = np.full(len(segments), np.nan)
        return affect_table(
            modality=Modality.VOICE,
            segments=segments,
            specs=_SPECS,
            columns=[
                nothing if self.valence is None else table.column(self.valence),
                table.column(self.arousal),
            ],
            coverage=table.coverage,
            stamp=self.stamp(),
        )


def _spec(name: str, meaning: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="1",
        minimum=-np.inf,
        maximum=np.inf,
        source=_SOURCE,
        group="affect of the voice",
        meaning=meaning,
    )


_SPECS = (
    _spec(VALENCE, "how pleasant the voice sounds"),
    _spec(AROUSAL, "how stirred the voice sounds"),
)
