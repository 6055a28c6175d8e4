"""Whether each signal was measured in this recording, and if not, why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.baseline import PersonalBaseline, counted
from clinic.inconsistency.measures import CHANNEL, Measure
from clinic.inconsistency.measures.emotions import CONFIDENCE, TILT, tilt_columns
from clinic.inconsistency.readers.affect import (
    NOT_READ,
    AffectReader,
    RefusingReader,
    find_table,
)
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS, PREFIX
from clinic.inconsistency.readings import AFFECT_COLUMNS, EMOTION_FLOOR, Readings
from clinic.inconsistency.signals.segment_signal import SegmentSignal
from clinic.records import Absence, Extraction, FeatureTable, Modality, Segment, SignalState

Floats = NDArray[np.float64]

#: All emotions of a modality stand and fall together: one state, ``text_emotion``.
EMOTION = PREFIX.rstrip("_")


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a state is told from.

    Args:
        readers: By modality.
        withheld: By modality, why a reading that could be had was left out.
    """

    segments: Sequence[Segment]
    extractions: Sequence[Extraction]
    absent: Sequence[Absence]
    readers: Mapping[Modality, AffectReader]
    baseline: PersonalBaseline
    withheld: Mapping[Modality, str]

    def absence(self, modality: Modality) -> Absence | None:
        """Return why a modality was not there; None for words that were, in another language.

        Components that cannot read a language measure nothing, which looks like absence.
        """
        was_said = modality is Modality.TEXT and any(segment.text for segment in self.segments)
        if was_said and modality in self.withheld:
            return None
        return next((a for a in self.absent if a.modality is modality), None)


def reading_states(readings: Readings, given: Circumstances) -> dict[str, SignalState]:
    """Return one state per affect reading, by its name."""
    names = (*AFFECT_COLUMNS, *(f"{modality}_{EMOTION}" for modality in CHANNEL))
    return {name: _reading_state(name, readings, given) for name in names}


def measure_state(
    measure: Measure, values: Floats, readings: Mapping[str, SignalState]
) -> SignalState:
    """Return the state of one column of the segment table: that of the reading that it lacks."""
    n_measured = int(np.isfinite(values).sum())
    if n_measured:
        return _measured(measure.name, n_measured)
    needed = dict.fromkeys(_state_name(name) for name in measure.readings)
    for name in needed:
        state = readings[name]
        if state.state != "measured":
            return _unmeasured(measure.name, state.state, state.reason)
    return _unmeasured(
        measure.name, "too_little", "no segment in which all that it compares was observed"
    )


def signal_states(
    signal: SegmentSignal, columns: Mapping[str, Floats], given: Circumstances
) -> tuple[SignalState, ...]:
    """Return the states of the columns of a signal that comes from tables."""
    states = []
    for name, values in columns.items():
        n_measured = int(np.isfinite(values).sum())
        if n_measured:
            states.append(_measured(name, n_measured))
        elif not given.segments:
            states.append(_unmeasured(name, "absent", _NO_SPEECH))
        else:
            states.append(_unmeasured(name, *signal.shortage(given.segments, given.extractions)))
    return tuple(states)


_NO_SPEECH = "no speech of the participant"


def _reading_state(name: str, readings: Readings, given: Circumstances) -> SignalState:
    modality = Modality(name.partition("_")[0])
    quantity = name.partition("_")[2]
    compared = tilt_columns(modality.value)[0] if quantity == EMOTION else name
    n_measured = int(np.isfinite(readings.scores[compared]).sum())
    if n_measured:
        return _measured(name, n_measured)
    return _unmeasured(name, *_shortage(modality, quantity, readings, given))


def _shortage(
    modality: Modality, quantity: str, readings: Readings, given: Circumstances
) -> tuple[str, str]:
    channel = CHANNEL[modality.value]
    absence = given.absence(modality)
    table, reader = readings.raw.get(modality), given.readers.get(modality)
    if not given.segments:
        return "absent", _NO_SPEECH
    if absence is not None:
        return "absent", absence.reason
    if table is None or reader is None:
        return "absent", f"the {channel} has no reader (readers)"
    columns = EMOTION_COLUMNS if quantity == EMOTION else (quantity,)
    if not set(columns) <= _given_columns(table):
        return "absent", f"the reader of the {channel} gives no {quantity} (readers)"
    if modality in given.withheld:
        return "withheld", given.withheld[modality]
    n_read = int(np.isfinite(table.column(columns[0])).sum())
    if n_read >= given.baseline.min_segments:
        floor = EMOTION_FLOOR if quantity == EMOTION else reader.floors[quantity]
        return "flat", (
            f"{n_read} segments read, none further than {floor:g} from this person's usual (floor)"
        )
    if n_read:
        return "too_little", given.baseline.shortage(channel, n_read)
    if np.isfinite(table.values).any():
        return "absent", f"the reader of the {channel} gives no {quantity} (readers)"
    return _unread(modality, table, reader, given)


def _given_columns(table: FeatureTable) -> frozenset[str]:
    """Return the columns that the reader gives in some recording."""
    return frozenset(s.name for s in table.specs if not s.meaning.startswith(NOT_READ))


def _unread(
    modality: Modality, table: FeatureTable, reader: AffectReader, given: Circumstances
) -> tuple[str, str]:
    """Say why a reader gave no value at all."""
    channel, least = CHANNEL[modality.value], given.baseline.min_segments
    seen = [
        int((e.segments.coverage > 0).sum())
        for e in given.extractions
        if e.segments.modality is modality
    ]
    source = getattr(reader, "table", None)
    is_missing = isinstance(source, str) and find_table(given.extractions, source) is None
    if not any(seen) or is_missing:
        return "absent", table.notes[-1] if table.notes else f"the {channel} was not observed"
    refusal = reader.shortage(given.extractions) if isinstance(reader, RefusingReader) else None
    if refusal is not None:
        return refusal
    for n_seen in seen:
        # A reader that sets its cues against the person's usual has said so in these words.
        note = given.baseline.shortage(channel, n_seen)
        if note in table.notes:
            return ("flat" if n_seen >= least else "too_little"), note
    if table.notes:
        return "withheld", table.notes[-1]
    return "too_little", (
        f"0 of {counted(max(seen), 'segment')} of the {channel} could be read, too short or "
        f"too little observed; {least} needed (min_segments)"
    )


def _state_name(reading: str) -> str:
    modality, _, quantity = reading.partition("_")
    is_emotion = quantity.startswith(TILT) or quantity == CONFIDENCE
    return f"{modality}_{EMOTION}" if is_emotion else reading


def _measured(name: str, n_segments: int) -> SignalState:
    return SignalState(signal=name, state="measured", reason="", n_segments=n_segments)


def _unmeasured(name: str, state: str, reason: str) -> SignalState:
    return SignalState(signal=name, state=state, reason=reason, n_segments=0)
