"""Anybody's files: a feature table, labels, aliases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.evaluation.audit.data import AuditLabels, AuditTable, labels_of
from clinic.records import Condition

if TYPE_CHECKING:
    import pandas as pd

IDS = ("recording_id", "participant_id")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Which columns are what.

    Args:
        metadata: Numeric columns that describe the session and are no features; text columns
            are metadata anyway.
        alias: Column with a further id of the same participant, where the table has it.
        nominal: Targets whose numbers are names of classes without an order.
    """

    metadata: Sequence[str] = ()
    alias: str = "same_as"
    nominal: Sequence[str] = field(default=())


def read_audit_table(
    features: Path,
    labels: Path,
    *,
    columns: Columns,
    targets: Sequence[str] = (),
    aliases: Path | None = None,
) -> AuditTable:
    """Read features (Parquet or CSV), labels (CSV) and aliases (CSV) into one table.

    Labels are joined by ``recording_id`` where both files have it, else by ``participant_id``.
    Without ``targets``, those of ``depression``, ``ptsd`` and ``ambivalence`` that the labels
    have are taken. A row without a label stays, and is left out where labels are needed.

    Raises:
        SetupError: A file cannot be read, a column is missing, an id is blank, a value is
            infinite, two lines of the labels contradict each other, or no row has a label.
    """
    table, answers = read_frame(features), read_frame(labels)
    people = _participants(table, answers)
    recordings = (
        _texts(table, "recording_id")
        if "recording_id" in table
        else np.array([f"row {i}" for i in range(len(table))], dtype=np.str_)
    )
    if np.any(people == "") or np.any(recordings == ""):
        raise SetupError(f"{features.name}: an id is blank (recording_id, participant_id)")
    numeric, metadata = _divide(table, columns)
    values = (
        table[numeric].to_numpy(dtype=np.float64, na_value=np.nan)
        if numeric
        else np.empty((len(table), 0))
    )
    infinite = np.isinf(values).any(axis=0)
    if infinite.any():
        name = numeric[int(np.flatnonzero(infinite)[0])]
        raise SetupError(f"{features.name}: column {name} holds infinite values; blank is a gap")
    pairs = [] if aliases is None else read_aliases(aliases)
    if columns.alias in table:
        other = _texts(table, columns.alias)
        pairs += [(str(p), str(o)) for p, o in zip(people, other, strict=True) if o]
    return AuditTable(
        recording_ids=recordings,
        participant_ids=people,
        features=values,
        columns=tuple(numeric),
        metadata=metadata,
        labels=_labels(answers, labels.name, people, recordings, targets, columns.nominal),
        aliases=tuple(dict.fromkeys(pairs)),
    )


def read_frame(path: Path) -> "pd.DataFrame":
    """Read Parquet or CSV; ids stay text, so that 007 is not 7.

    Raises:
        SetupError: Unreadable, or a column name stands twice.
    """
    import pandas as pd

    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            frame = pd.read_parquet(path)
        else:
            text = dict.fromkeys((*IDS, "id", "same_as", "fold"), str)
            frame = pd.read_csv(path, dtype=text, skipinitialspace=True, encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or "it is damaged"
        raise SetupError(f"{path.name} cannot be read: {reason}") from error
    except ValueError as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SetupError(f"{path.name} is no table: {words}") from error
    frame = frame.reset_index(drop=True)
    frame.columns = [str(name).strip() for name in frame.columns]
    if frame.columns.duplicated().any():
        raise SetupError(
            f"{path.name}: column {frame.columns[frame.columns.duplicated()][0]} twice"
        )
    if frame.empty:
        raise SetupError(f"{path.name} has no row")
    return frame


def read_aliases(path: Path) -> list[tuple[str, str]]:
    """Read pairs of ids that are one person: ``participant_id,same_as``.

    Raises:
        SetupError: Unreadable, or a column is missing.
    """
    frame = read_frame(path)
    _require(frame, ("participant_id", "same_as"), path.name)
    one, other = _texts(frame, "participant_id"), _texts(frame, "same_as")
    return [(str(a), str(b)) for a, b in zip(one, other, strict=True) if a and b]


def _participants(table: "pd.DataFrame", answers: "pd.DataFrame") -> NDArray[np.str_]:
    if "participant_id" in table:
        return _texts(table, "participant_id")
    if "recording_id" not in table or not set(IDS) <= set(answers.columns):
        raise SetupError("the feature table has no column participant_id (features)")
    pairs = zip(_texts(answers, "recording_id"), _texts(answers, "participant_id"), strict=True)
    known = {str(recording): str(person) for recording, person in pairs}
    recordings = _texts(table, "recording_id")
    missing = sorted({str(r) for r in recordings} - set(known))
    if missing:
        raise SetupError(f"nobody knows whose recording {missing[0]} is (participant_id)")
    return np.array([known[str(r)] for r in recordings], dtype=np.str_)


def _divide(
    table: "pd.DataFrame", columns: Columns
) -> tuple[list[str], Mapping[str, NDArray[np.generic]]]:
    """Return names of features, and columns of metadata."""
    from pandas.api.types import is_numeric_dtype

    known = {*IDS, columns.alias}
    names = [name for name in table.columns if name not in known]
    is_number = {name: bool(is_numeric_dtype(table[name])) for name in names}
    numeric = [name for name in names if is_number[name] and name not in set(columns.metadata)]
    metadata: dict[str, NDArray[np.generic]] = {}
    for name in names:
        if name in numeric or table[name].isna().all():
            continue
        if is_number[name]:
            metadata[name] = table[name].to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            metadata[name] = _texts(table, name)
    return numeric, metadata


def _labels(
    answers: "pd.DataFrame",
    file: str,
    people: NDArray[np.str_],
    recordings: NDArray[np.str_],
    targets: Sequence[str],
    nominal: Sequence[str],
) -> tuple[AuditLabels, ...]:
    wanted = list(targets) or [c.value for c in Condition if c.value in answers]
    if not wanted:
        raise SetupError(f"{file} has none of {', '.join(Condition)}: name a column (--target)")
    _require(answers, wanted, file)
    by_recording = "recording_id" in answers and bool(
        set(recordings.tolist()) & set(_texts(answers, "recording_id").tolist())
    )
    key = "recording_id" if by_recording else "participant_id"
    _require(answers, [key], file)
    keys, rows = _texts(answers, key), recordings if by_recording else people
    found = []
    for name in wanted:
        column = answers[name]
        known: dict[str, object] = {}
        for row_key, value, blank in zip(keys, column.tolist(), column.isna(), strict=True):
            if blank:
                continue
            if known.get(str(row_key), value) != value:
                raise SetupError(f"{file}: two values of {name} for {row_key} ({key})")
            known[str(row_key)] = value
        found.append(labels_of(name, [known.get(str(r)) for r in rows], nominal=name in nominal))
    return tuple(found)


def _texts(frame: "pd.DataFrame", name: str) -> NDArray[np.str_]:
    blank = frame[name].isna().to_numpy()
    values = frame[name].tolist()
    texts = ["" if b else str(v).strip() for v, b in zip(values, blank, strict=True)]
    return np.array(texts, dtype=np.str_)


def _require(frame: "pd.DataFrame", names: Sequence[str], file: str) -> None:
    missing = [name for name in names if name not in frame]
    if missing:
        raise SetupError(f"{file} has no column {', '.join(missing)}")
