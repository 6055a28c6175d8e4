"""Results of simulated interviews beside what was planted in them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError, SetupError
from clinic.io.references import read_references
from clinic.records import RARITY, Evidence, InconsistencySignals, MomentLabel, ScreeningResult
from clinic.records.serialise import from_json

Floats = NDArray[np.float64]

#: A planted conflict: kind, start and end in seconds.
Planted = tuple[str, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Interview:
    """Signals of one interview, and what was planted."""

    recording_id: str
    participant_id: str
    signals: InconsistencySignals
    planted: tuple[Planted, ...]

    def is_planted(self, moment: Evidence) -> bool:
        """Return whether a moment overlaps something planted, of whatever kind."""
        return any(a < moment.end_s and moment.start_s < b for _, a, b in self.planted)

    def found(self) -> int:
        """Return how many planted conflicts overlap at least one moment that was shown."""
        return sum(
            any(a < moment.end_s and moment.start_s < b for moment in self.signals.evidence)
            for _, a, b in self.planted
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """All segments of a cohort.

    Args:
        participants: Whose each segment is.
        planted: Kind of the planted conflict in whose time its middle lies, or an empty text.
        columns: By name, shape (n_segments,), NaN where it was not observed.
    """

    participants: tuple[str, ...]
    planted: NDArray[np.str_]
    columns: Mapping[str, Floats]

    @property
    def is_planted(self) -> NDArray[np.bool_]:
        """Whether anything is planted there."""
        return self.planted != ""


def read_results(folder: Path) -> Iterator[ScreeningResult]:
    """Yield the stored results of an extraction or screening, in the order of their ids.

    Raises:
        SetupError: There is none, or one cannot be read.
    """
    paths = sorted(folder.glob("*/result.json"))
    if not paths:
        raise SetupError(f"no results in {folder.name}: clinic extract COHORT --out {folder.name}")
    for path in paths:
        try:
            yield from_json(path.read_text(encoding="utf-8"))
        except DataError as error:
            raise SetupError(f"{path.parent.name}: {error}: extract it again") from error


def conflicts(cohort: Path, recording_id: str) -> tuple[Planted, ...]:
    """Return kind, start and end of what was planted in one recording.

    Raises:
        SetupError: The cohort holds no truth about it.
    """
    path = cohort / "truth" / f"{recording_id}.json"
    if not path.is_file():
        raise SetupError(f"no truth about {recording_id} in {cohort.name}: another cohort?")
    truth = json.loads(path.read_text(encoding="utf-8"))
    return tuple((c["kind"], float(c["start_s"]), float(c["end_s"])) for c in truth["conflicts"])


def interviews_of(results: Iterable[ScreeningResult], cohort: Path) -> tuple[Interview, ...]:
    """Put results beside the truth; estimates and everything else in them is let go.

    Raises:
        SetupError: A result without inconsistency signals, or without truth.
    """
    return tuple(_interview(result, cohort) for result in results)


def answers_of(interviews: Sequence[Interview]) -> Answers:
    """Collect the segments of all interviews, with every column of ``signals.segments``."""
    participants: list[str] = []
    planted: list[str] = []
    for interview in interviews:
        table = interview.signals.segments
        for middle in (table.start_s + table.end_s) / 2:
            kinds = [kind for kind, a, b in interview.planted if a <= middle < b]
            participants.append(interview.participant_id)
            planted.append(kinds[0] if kinds else "")
    names = dict.fromkeys(c for i in interviews for c in i.signals.segments.columns)
    return Answers(
        participants=tuple(participants),
        planted=np.array(planted, dtype=str),
        columns={name: _column(interviews, name) for name in names},
    )


def rated_moments(cohort: Path) -> Mapping[str, tuple[MomentLabel, ...]]:
    """Return the moments that were rated for A/H by recording; empty where none were."""
    files = cohort / "labels.csv", cohort / "moments.csv"
    if not all(path.is_file() for path in files):
        return {}
    return {reference.recording_id: reference.moments for reference in read_references(*files)}


def hesitant(
    interviews: Sequence[Interview], rated: Mapping[str, tuple[MomentLabel, ...]]
) -> Floats:
    """Return 1 for an answer whose middle lies in a moment that shows A/H, 0 in one that does not.

    Returns:
        Shape (n_answers,), rows as ``answers_of``; NaN where nobody rated.
    """
    shown = [
        next(
            (float(m.shown) for m in rated.get(i.recording_id, ()) if m.start_s <= t < m.end_s),
            np.nan,
        )
        for i in interviews
        for t in (i.signals.segments.start_s + i.signals.segments.end_s) / 2
    ]
    return np.array(shown, dtype=np.float64)


def rarity_of(interviews: Sequence[Interview]) -> Floats:
    """Return how rare each segment's rarest notable disagreement is, in bits; NaN without one."""
    rows = []
    for interview in interviews:
        table = interview.signals.surprise
        n_rows = interview.signals.segments.n_rows
        if table is None or table.n_rows != n_rows or RARITY not in table.columns:
            rows.append(np.full(n_rows, np.nan))
        else:
            rows.append(table.column(RARITY))
    return np.concatenate(rows) if rows else np.empty(0)


def strongest(answers: Answers, names: Sequence[str]) -> Floats:
    """Return the largest of some columns at each segment; NaN where none was observed."""
    return np.asarray(np.fmax.reduce([answers.columns[name] for name in names]))


def _interview(result: ScreeningResult, cohort: Path) -> Interview:
    if result.inconsistency is None:
        raise SetupError(f"{result.recording_id}: no inconsistency signals: extract it with them")
    return Interview(
        recording_id=result.recording_id,
        participant_id=result.participant_id,
        signals=result.inconsistency,
        planted=conflicts(cohort, result.recording_id),
    )


def _column(interviews: Sequence[Interview], name: str) -> Floats:
    tables = [interview.signals.segments for interview in interviews]
    return np.concatenate(
        [t.column(name) if name in t.columns else np.full(t.n_rows, np.nan) for t in tables]
    )
