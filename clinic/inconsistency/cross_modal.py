"""Where words, voice and face of one person disagree: readers, baseline, measures, moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.baseline import PersonalBaseline
from clinic.inconsistency.measures import CHANNEL, Measure
from clinic.inconsistency.moments.finder import MomentFinder
from clinic.inconsistency.moments.surprise import surprise_table
from clinic.inconsistency.readers.affect import AffectReader
from clinic.inconsistency.readings import (
    AFFECT_COLUMNS,
    Readings,
    affect_table,
    compared,
    score_names,
    segment_table,
)
from clinic.inconsistency.signals.segment_signal import SegmentSignal
from clinic.inconsistency.signals.stretches import StretchFinder
from clinic.inconsistency.stamping import joint_stamp
from clinic.inconsistency.states import (
    Circumstances,
    measure_state,
    reading_states,
    signal_states,
)
from clinic.inconsistency.summary import InterviewSummary
from clinic.inconsistency.time.grid import AffectGrid
from clinic.inconsistency.time.lags import ReactionLags
from clinic.inconsistency.time.lags_shift import shifted
from clinic.records import (
    Absence,
    Extraction,
    FeatureSpec,
    FeatureTable,
    InconsistencySignals,
    Modality,
    ReactionLag,
    Segment,
    SignalState,
    Stamp,
)

__all__ = ["AFFECT_COLUMNS", "CrossModalInconsistency"]

Floats = NDArray[np.float64]

#: Name of the segment table.
TABLE = "inconsistency"


@dataclass(frozen=True, kw_only=True)
class CrossModalInconsistency:
    """Compares modalities against the person's own baseline (``InconsistencyMeasure``).

    Args:
        readers: By name, at most one a modality. Learned affect heads take the place of the
            rules by implementing ``AffectReader``.
        measures: By any name; each gives one column.
        languages: By modality, the languages (primary subtags) that its reader was trained on;
            in any other it is withheld. A modality that is not named knows no language.
        signals: By any name; columns that come from tables rather than from two readings.
        grid: Affect on a fixed grid, or None.
        lags: How far the face runs behind; where a lag is supported, the face is compared that
            much later. None compares at once.
        stretches: Finds stretches of hesitancy or ambivalence in the segment table, or None.

    Raises:
        SetupError: Two readers of one modality, two columns of one name, or a measure of a
            reading that is not known.
    """

    readers: Mapping[str, AffectReader]
    baseline: PersonalBaseline
    measures: Mapping[str, Measure]
    summary: InterviewSummary
    moments: MomentFinder
    languages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    signals: Mapping[str, SegmentSignal] = field(default_factory=dict)
    grid: AffectGrid | None = None
    lags: ReactionLags | None = None
    stretches: StretchFinder | None = None

    def __post_init__(self) -> None:
        modalities = [reader.modality for reader in self.readers.values()]
        if len(set(modalities)) != len(modalities):
            raise SetupError("two affect readers of one modality (inconsistency.readers)")
        names = [spec.name for spec in self.specs()]
        if len(set(names)) != len(names):
            raise SetupError(f"two measures of one name: {sorted(names)} (inconsistency.measures)")
        unknown = set(self.languages) - set(CHANNEL)
        if unknown:
            raise SetupError(f"{sorted(unknown)} is no modality (inconsistency.languages)")
        for measure in self.measures.values():
            unknown = set(measure.readings) - score_names()
            if unknown:
                raise SetupError(
                    f"{measure.name} compares {sorted(unknown)}, known are {sorted(score_names())}"
                )
        unknown = set(self.moments.followed) - score_names() - {f"{m}_tilt" for m in CHANNEL}
        if unknown:
            raise SetupError(f"{sorted(unknown)} is no reading (inconsistency.moments.follows)")

    def stamp(self) -> Stamp:
        """Provenance with the settings of all parts and the hash of a learned reader."""
        parts = [reader.stamp() for reader in self.readers.values()]
        parts += [signal.stamp() for signal in self.signals.values()]
        return joint_stamp(self, parts)

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Columns of the segment table, known before anything is read."""
        made = [spec for signal in self.signals.values() for spec in signal.specs()]
        return (*(measure.spec() for measure in self.measures.values()), *made)

    def measure(
        self,
        segments: Sequence[Segment],
        extractions: Sequence[Extraction],
        duration_s: float,
        *,
        language: str | None = None,
        absent: Sequence[Absence] = (),
    ) -> InconsistencySignals:
        """Compare what each modality says; absent modalities give NaN, never zero."""
        stamp = self.stamp()
        raw, withheld, lags = self._read(segments, extractions, language)
        floors = {reader.modality: reader.floors for reader in self.readers.values()}
        readings = compared(raw, floors, self.baseline, len(segments))
        given = Circumstances(
            segments=segments,
            extractions=extractions,
            absent=absent,
            readers={reader.modality: reader for reader in self.readers.values()},
            baseline=self.baseline,
            withheld=withheld,
        )
        measures = tuple(self.measures.values())
        values = {m.name: m.values(readings.scores) for m in measures}
        signals = self._signals(values, given, stamp)
        others = {name: column for columns in signals.values() for name, column in columns.items()}
        found = self.moments.discover(measures, readings.scores)
        evidence = self.moments.find(found, segments, readings.scores, readings.confidence)
        states = reading_states(readings, given)
        notes = (
            *(n for m, table in raw.items() if given.absence(m) is None for n in table.notes),
            *self._thin(readings),
            *self.moments.notes(measures, readings.scores, evidence),
        )
        specs = self.specs()
        table = segment_table(
            TABLE, segments, specs, [*values.values(), *others.values()], stamp, notes
        )
        stretches = self.stretches.find(segments, table, extractions) if self.stretches else ()
        return InconsistencySignals(
            affect=affect_table(readings, segments, stamp),
            segments=table,
            summary=self.summary.table(
                segments,
                measures,
                readings.scores,
                duration_s=duration_s,
                stamp=stamp,
                others=[(spec, others[spec.name]) for spec in specs[len(measures) :]],
            ),
            evidence=evidence,
            duration_s=duration_s,
            surprise=surprise_table(
                segments,
                measures,
                readings.scores,
                stamp,
                rarity=None if found is None else found.rarity_bits,
            ),
            grid=self._grid(given, readings, floors),
            lags=lags,
            states=(
                *states.values(),
                *(measure_state(m, values[m.name], states) for m in measures),
                *self._signal_states(signals, given),
            ),
            stretches=stretches,
        )

    def _signals(
        self, values: Mapping[str, Floats], given: Circumstances, stamp: Stamp
    ) -> dict[str, dict[str, Floats]]:
        """Return the columns of each signal; disagreements are among the tables they may read."""
        specs = tuple(measure.spec() for measure in self.measures.values())
        table = segment_table(TABLE, given.segments, specs, list(values.values()), stamp)
        extractions = (*given.extractions, Extraction(segments=table))
        return {
            name: _named(signal, signal.values(given.segments, extractions))
            for name, signal in self.signals.items()
        }

    def _read(
        self,
        segments: Sequence[Segment],
        extractions: Sequence[Extraction],
        language: str | None,
    ) -> tuple[dict[Modality, FeatureTable], dict[Modality, str], tuple[ReactionLag, ...]]:
        """Return the readers' tables, why any was withheld, and the reaction lags."""
        raw = {r.modality: r.read(segments, extractions) for r in self.readers.values()}
        withheld: dict[Modality, str] = {}
        for modality, table in raw.items():
            known = self.languages.get(modality.value)
            if known is not None and language is not None and language not in known:
                withheld[modality] = (
                    f"Affect of the {CHANNEL[modality.value]} was withheld: the language is "
                    f"{language}, its reader knows {', '.join(known)} (languages)."
                )
                raw[modality] = _without_values(table, withheld[modality])
        if self.lags is None:
            return raw, withheld, ()
        lags = self.lags.estimate(
            extractions, segments, raw, floors={r.modality: r.floors for r in self.readers.values()}
        )
        lag_s = self.lags.face_lag_s(lags)
        if lag_s != 0.0 and Modality.FACE in raw and Modality.FACE not in withheld:
            later = shifted(extractions, segments, lag_s=lag_s)
            reader = next(r for r in self.readers.values() if r.modality is Modality.FACE)
            raw[Modality.FACE] = reader.read(segments, later)
        return raw, withheld, lags

    def _grid(
        self,
        given: Circumstances,
        readings: Readings,
        floors: Mapping[Modality, Mapping[str, float]],
    ) -> FeatureTable | None:
        """Return the tracks of readings that were measured; what was not has no track either."""
        if self.grid is None:
            return None
        named = {
            f"{modality.value}_{column}": floor
            for modality, columns in floors.items()
            for column, floor in columns.items()
        }
        measured = {n for n, column in readings.scores.items() if np.isfinite(column).any()}
        return self.grid.table(
            given.segments,
            given.extractions,
            readings.raw,
            floors={name: floor for name, floor in named.items() if name in measured},
        )

    def _thin(self, readings: Readings) -> tuple[str, ...]:
        """Say which modality was read in some segments, but in too few for a baseline."""
        notes = []
        for modality, table in readings.raw.items():
            n_seen = int((table.coverage > 0).sum())
            read = [s for name, s in readings.scores.items() if _is_score(name, modality)]
            if n_seen and not any(np.isfinite(score).any() for score in read):
                notes.append(self.baseline.shortage(CHANNEL[modality.value], n_seen))
        return tuple(notes)

    def _signal_states(
        self, signals: Mapping[str, Mapping[str, Floats]], given: Circumstances
    ) -> tuple[SignalState, ...]:
        return tuple(
            state
            for name, signal in self.signals.items()
            for state in signal_states(signal, signals[name], given)
        )


def _named(signal: SegmentSignal, values: Floats) -> dict[str, Floats]:
    return {spec.name: column for spec, column in zip(signal.specs(), values.T, strict=True)}


def _is_score(name: str, modality: Modality) -> bool:
    return name in AFFECT_COLUMNS and name.startswith(f"{modality.value}_")


def _without_values(table: FeatureTable, note: str) -> FeatureTable:
    return replace(
        table,
        values=np.full(table.values.shape, np.nan),
        coverage=np.zeros(table.n_rows),
        notes=(*table.notes, note),
    )
