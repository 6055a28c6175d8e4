"""Where words, voice and face of one person disagree: readers, baseline, measures, moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.affect import AffectReader
from clinic.inconsistency.baseline import PersonalBaseline
from clinic.inconsistency.measures import CHANNEL, Measure
from clinic.inconsistency.moments import MomentFinder
from clinic.inconsistency.stamping import nested_stamp
from clinic.inconsistency.summary import InterviewSummary
from clinic.records import (
    OBSERVED_MODALITIES,
    Extraction,
    FeatureSpec,
    FeatureTable,
    InconsistencySignals,
    Modality,
    Segment,
    Stamp,
)

Floats = NDArray[np.float64]

#: Columns of the affect table, and how each is explained to a reader.
AFFECT_COLUMNS = {
    "text_valence": "how pleasant the words are",
    "text_arousal": "how stirring the words are",
    "voice_arousal": "how raised the voice is",
    "face_valence": "how pleasant the face looks",
    "face_arousal": "how much the face moves",
    "face_smile": "how strong the smile is",
}


@dataclass(frozen=True, kw_only=True)
class CrossModalInconsistency:
    """Compares modalities against the person's own baseline (``InconsistencyMeasure``).

    Args:
        readers: By name, at most one a modality. Learned affect heads take the place of the
            rules by implementing ``AffectReader``.
        measures: By any name; each gives one column.

    Raises:
        SetupError: Two readers of one modality, two measures of one name, or a measure of a
            reading that is not known.
    """

    readers: Mapping[str, AffectReader]
    baseline: PersonalBaseline
    measures: Mapping[str, Measure]
    summary: InterviewSummary
    moments: MomentFinder

    def __post_init__(self) -> None:
        modalities = [reader.modality for reader in self.readers.values()]
        if len(set(modalities)) != len(modalities):
            raise SetupError("two affect readers of one modality (inconsistency.readers)")
        names = [measure.name for measure in self.measures.values()]
        if len(set(names)) != len(names):
            raise SetupError(f"two measures of one name: {sorted(names)} (inconsistency.measures)")
        for measure in self.measures.values():
            unknown = set(measure.readings) - set(AFFECT_COLUMNS)
            if unknown:
                raise SetupError(
                    f"{measure.name} compares {sorted(unknown)}, known are {list(AFFECT_COLUMNS)}"
                )

    def stamp(self) -> Stamp:
        """Provenance with the settings of all parts and the hash of a learned reader."""
        stamps = [reader.stamp() for reader in self.readers.values()]
        hashes = [s.weights_sha256 for s in stamps if s.weights_sha256 is not None]
        licences = dict.fromkeys(["MIT", *(s.licence for s in stamps)])
        return nested_stamp(
            self,
            weights_sha256=" ".join(hashes) or None,
            licence="; ".join(licences),
        )

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Columns of the segment table, known before anything is read."""
        return tuple(measure.spec() for measure in self.measures.values())

    def measure(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction], duration_s: float
    ) -> InconsistencySignals:
        """Compare what each modality says; absent modalities give NaN, never zero."""
        stamp = self.stamp()
        raw = {r.modality: r.read(segments, extractions) for r in self.readers.values()}
        scores = self._scores(raw, len(segments))
        measures = tuple(self.measures.values())
        values = _columns([m.values(scores) for m in measures], len(segments))
        confidence = {
            m.value: raw[m].coverage if m in raw else np.zeros(len(segments))
            for m in OBSERVED_MODALITIES
        }
        evidence = self.moments.find(segments, measures, scores, confidence)
        notes = (
            *(note for table in raw.values() for note in table.notes),
            *self._thin(raw, scores),
            *self.moments.notes(measures, scores, evidence),
        )
        return InconsistencySignals(
            affect=_segment_table(
                "affect",
                segments,
                tuple(_affect_spec(name) for name in AFFECT_COLUMNS),
                _columns([scores[name] for name in AFFECT_COLUMNS], len(segments)),
                stamp,
            ),
            segments=_segment_table("inconsistency", segments, self.specs(), values, stamp, notes),
            summary=self.summary.table(
                segments, measures, scores, duration_s=duration_s, stamp=stamp
            ),
            evidence=evidence,
            duration_s=duration_s,
        )

    def _scores(self, raw: Mapping[Modality, FeatureTable], n_rows: int) -> dict[str, Floats]:
        floors = {reader.modality: reader.floors for reader in self.readers.values()}
        scores: dict[str, Floats] = {}
        for name in AFFECT_COLUMNS:
            modality, _, quantity = name.partition("_")
            table = raw.get(Modality(modality))
            if table is None or quantity not in table.columns:
                scores[name] = np.full(n_rows, np.nan)
                continue
            floor = floors[table.modality][quantity]
            scores[name] = self.baseline.scores(table.column(quantity), floor=floor)
        return scores

    def _thin(
        self, raw: Mapping[Modality, FeatureTable], scores: Mapping[str, Floats]
    ) -> tuple[str, ...]:
        """Say which modality was read in some segments, but in too few for a baseline."""
        notes = []
        for modality, table in raw.items():
            n_seen = int((table.coverage > 0).sum())
            read = [s for name, s in scores.items() if name.startswith(f"{modality.value}_")]
            if n_seen and not any(np.isfinite(score).any() for score in read):
                notes.append(self.baseline.shortage(CHANNEL[modality.value], n_seen))
        return tuple(notes)


def _columns(columns: Sequence[Floats], n_rows: int) -> Floats:
    return np.column_stack(columns) if n_rows else np.empty((0, len(columns)))


def _segment_table(
    name: str,
    segments: Sequence[Segment],
    specs: tuple[FeatureSpec, ...],
    values: Floats,
    stamp: Stamp,
    notes: tuple[str, ...] = (),
) -> FeatureTable:
    return FeatureTable(
        name=name,
        modality=Modality.CROSS,
        row_kind="segment",
        specs=specs,
        start_s=np.array([s.start_s for s in segments], dtype=np.float64),
        end_s=np.array([s.end_s for s in segments], dtype=np.float64),
        values=values,
        coverage=np.isfinite(values).mean(axis=1) if values.size else np.zeros(len(segments)),
        stamp=stamp,
        notes=notes,
    )


def _affect_spec(name: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="SD of this person",
        minimum=-np.inf,
        maximum=np.inf,
        source="docs/features/inconsistency.md",
        group="affect",
        meaning=AFFECT_COLUMNS[name],
    )
