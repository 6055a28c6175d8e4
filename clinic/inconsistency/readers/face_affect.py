"""Affect of the face: weighted action units (AUs) after the prototypes of FACS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.readers.affect import AROUSAL, SMILE, VALENCE, absent_affect, affect_table
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS, emotion_specs
from clinic.inconsistency.readers.face_emotions import EmotionPrototypes
from clinic.inconsistency.stamping import nested_stamp
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Segment, Stamp

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ActionUnitAffect:
    """Valence, arousal and smile as weighted sums of AU intensities, and six emotions.

    The AUs are measured from the person's own resting face, and so are the readings. Only
    trusted AUs speak: what else a weight or a prototype names counts as not observed. Positive
    and negative weights are brought to the sum of the sizes that they have in the settings, so
    that a lost AU does not tip the balance; with less than ``emotions.min_prototype_share`` of
    either side observed the answer is NaN.

    Args:
        table: Name of the component that measures the face.
        column: Name of a column by AU, such as ``{au}_mean``.
        trusted: AUs that are measured well enough to be read.
        valence: Weight per AU; positive for pleasant.
        arousal: Weight per AU.
        smile: Weight per AU.
        emotions: Emotion prototypes.
        min_coverage: Share of the stretch in which the face must have been seen.
        min_interview_coverage: Share of the interview in which it must have been seen; with
            less, everything is withheld: the few moments that show a face are no sample.
        floor: Least spread, in the unit of the AUs, that counts as change.
    """

    table: str
    column: str
    trusted: Sequence[str]
    valence: Mapping[str, float]
    arousal: Mapping[str, float]
    smile: Mapping[str, float]
    emotions: EmotionPrototypes
    min_coverage: float
    min_interview_coverage: float
    floor: float

    @property
    def modality(self) -> Modality:
        """Always face."""
        return Modality.FACE

    @property
    def floors(self) -> dict[str, float]:
        """One floor: the sums are in the unit of the AUs; probabilities are not made z scores."""
        return dict.fromkeys((VALENCE, AROUSAL, SMILE), self.floor)

    def stamp(self) -> Stamp:
        """Provenance with the weights."""
        return nested_stamp(self)

    def read(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> FeatureTable:
        """Return valence, arousal, smile in the unit of the AUs, and six probabilities.

        Raises:
            SetupError: The table lacks the column of a trusted AU.
        """
        extraction = next((e for e in extractions if e.segments.name == self.table), None)
        reason = self.withheld(extractions)
        if extraction is None or reason is not None:
            return absent_affect(
                modality=Modality.FACE,
                segments=segments,
                specs=_SPECS,
                stamp=self.stamp(),
                note=reason or f"Affect of the face was not read: no {self.table} features.",
            )
        table = extraction.segments
        seen = table.coverage >= self.min_coverage
        columns = self.columns(table, column=self.column)
        lost = self.emotions.lost(frozenset(self.trusted)) if seen.any() else None
        return affect_table(
            modality=Modality.FACE,
            segments=segments,
            specs=_SPECS,
            columns=[np.where(seen, columns[spec.name], np.nan) for spec in _SPECS],
            coverage=table.coverage,
            stamp=self.stamp(),
            notes=() if lost is None else (lost,),
        )

    def withheld(self, extractions: Sequence[Extraction]) -> str | None:
        """Say why the face of this interview is not read, None where it is (or is not there).

        A table without frames in which no row was observed stands for no video at all.
        """
        extraction = next((e for e in extractions if e.segments.name == self.table), None)
        if extraction is None or not extraction.segments.n_rows:
            return None
        if extraction.frames is None and not extraction.segments.coverage.any():
            return None
        share = _share_seen(extraction)
        if share >= self.min_interview_coverage:
            return None
        return (
            f"Affect of the face is withheld: a face was seen in {share:.0%} of the interview, "
            f"{self.min_interview_coverage:.0%} needed (min_interview_coverage)."
        )

    def columns(self, table: FeatureTable, *, column: str) -> dict[str, Floats]:
        """Return every reading of a segment or frame table, shape (n_rows,) each.

        Args:
            column: Name of a column by AU: ``{au}`` in frame tables.

        Raises:
            SetupError: The table lacks the column of a trusted AU.
        """
        wanted = {*self.valence, *self.arousal, *self.smile, *self.emotions.units}
        names = {au: column.format(au=au) for au in self.trusted if au in wanted}
        missing = [name for name in names.values() if name not in table.columns]
        if missing:
            raise SetupError(f"table {table.name} has no column {missing[0]} (trusted)")
        units = {au: table.column(name) for au, name in names.items()}
        sums = {VALENCE: self.valence, AROUSAL: self.arousal, SMILE: self.smile}
        nothing = np.full(table.n_rows, np.nan)
        read = {name: self._sum(units, nothing, weights) for name, weights in sums.items()}
        emotions = self.emotions.probabilities(units or {"": nothing})
        return read | dict(zip(EMOTION_COLUMNS, emotions.T, strict=True))

    def _sum(
        self, units: Mapping[str, Floats], nothing: Floats, weights: Mapping[str, float]
    ) -> Floats:
        """Return the weighted sum; each sign keeps its weight when an AU of it is lost."""
        total = np.zeros_like(nothing)
        size = sum(abs(weight) for weight in weights.values())
        for sign in (1.0, -1.0):
            side = {au: abs(w) for au, w in weights.items() if w * sign > 0}
            if not side:
                continue
            values = np.column_stack([units.get(au, nothing) for au in side])
            sizes = np.array(list(side.values()))
            seen = np.isfinite(values) * sizes
            share = seen.sum(axis=1) / sizes.sum()
            mean = (np.where(np.isfinite(values), values, 0.0) * sizes).sum(axis=1)
            enough = share >= self.emotions.min_prototype_share
            total = total + sign / size * np.where(
                enough, mean / np.where(enough, share, 1.0), np.nan
            )
        return total


def _share_seen(extraction: Extraction) -> float:
    """Return the share of the frames that show a face; of the speech where there are no frames."""
    if extraction.frames is not None and extraction.frames.n_rows:
        return float(extraction.frames.coverage.mean())
    table = extraction.segments
    length_s = table.end_s - table.start_s
    return float((table.coverage * length_s).sum() / max(float(length_s.sum()), 1e-9))


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
    *emotion_specs(
        source="Du, Tao & Martinez (2014), doi:10.1073/pnas.1322355111",
        group="affect of the face",
        seen_in="face",
    ),
)
