"""Arousal of the voice: how raised pitch, loudness and brightness are for this person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.baseline import PersonalBaseline
from clinic.inconsistency.readers.affect import (
    AROUSAL,
    VALENCE,
    absent_affect,
    affect_table,
    find_table,
)
from clinic.inconsistency.stamping import nested_stamp
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Segment, Stamp


@dataclass(frozen=True, kw_only=True)
class Cue:
    """One acoustic column and what it says about arousal.

    Args:
        weight: Positive where the column rises with arousal, negative where it falls.
        floor: Least spread in the column's unit that counts as change.
    """

    column: str
    weight: float
    floor: float


@dataclass(frozen=True, kw_only=True)
class ProsodicArousal:
    """Weighted mean of within-person z scores of a few acoustic cues.

    Voice valence is left NaN: what large models read off the voice as valence is mostly the
    words (arXiv 2203.07378), so that a comparison with the words would find agreement with
    itself. A sad voice is read as a voice of low arousal.

    Args:
        table: Name of the component that measures the voice.
        cues: By name.
        min_cue_share: Share of the total weight that must be observed in a segment.
        baseline: Person's own median and spread of each cue.
        floor: Least spread of the result, in standard deviations of the cues.

    Source:
        Bone, Lee & Narayanan (2014), doi:10.1109/TAFFC.2014.2326393: median log pitch,
        intensity and high-frequency energy against the speaker's own baseline. Theirs are
        weighted by agreement within the corpus, ours are fixed.
    """

    table: str
    cues: Mapping[str, Cue]
    min_cue_share: float
    baseline: PersonalBaseline
    floor: float

    @property
    def modality(self) -> Modality:
        """Always voice."""
        return Modality.VOICE

    @property
    def floors(self) -> dict[str, float]:
        """Floor of arousal; valence is never read."""
        return {VALENCE: self.floor, AROUSAL: self.floor}

    def stamp(self) -> Stamp:
        """Provenance with the cues."""
        return nested_stamp(self)

    def read(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> FeatureTable:
        """Return arousal in standard deviations of this person; valence is NaN."""
        table = find_table(extractions, self.table)
        if table is None:
            return absent_affect(
                modality=Modality.VOICE,
                segments=segments,
                specs=_SPECS,
                stamp=self.stamp(),
                note=f"Arousal of the voice was not read: no {self.table} features.",
            )
        arousal = self.arousal(table)
        n_heard = int((table.coverage > 0).sum())
        is_thin = n_heard > 0 and not np.isfinite(arousal).any()
        return affect_table(
            modality=Modality.VOICE,
            segments=segments,
            specs=_SPECS,
            columns=[np.full(len(segments), np.nan), arousal],
            coverage=table.coverage,
            stamp=self.stamp(),
            notes=(self.baseline.shortage("voice", n_heard),) if is_thin else (),
        )

    def arousal(self, table: FeatureTable) -> NDArray[np.float64]:
        """Return shape (n_rows,), taking all rows as one person.

        Raises:
            SetupError: A cue's column is not in the table.
        """
        names = [cue.column for cue in self.cues.values()]
        missing = [name for name in names if name not in table.columns]
        if missing:
            raise SetupError(f"table {table.name} has no column {missing[0]} (cues)")
        weights = np.array([abs(cue.weight) for cue in self.cues.values()])
        scores = np.column_stack(
            [
                np.sign(cue.weight)
                * self.baseline.scores(table.column(cue.column), floor=cue.floor)
                for cue in self.cues.values()
            ]
        )
        seen = np.isfinite(scores)
        seen_weight = (seen * weights).sum(axis=1)
        total = (np.where(seen, scores, 0.0) * weights).sum(axis=1)
        enough = seen_weight >= self.min_cue_share * weights.sum()
        arousal = np.full(len(scores), np.nan)
        np.divide(total, seen_weight, out=arousal, where=enough & (seen_weight > 0))
        return arousal


def _spec(name: str, meaning: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="SD of this person",
        minimum=-np.inf,
        maximum=np.inf,
        source="Bone et al. (2014), doi:10.1109/TAFFC.2014.2326393",
        group="affect of the voice",
        meaning=meaning,
    )


_SPECS = (
    _spec(VALENCE, "not read from the voice"),
    _spec(AROUSAL, "how raised the voice is for this person"),
)
