"""Our feature store, labels and split in MMSA's structure, for training MMSA's models on them.

MMSA reads pickles alone. What is written here holds lists, text and numpy arrays, nothing that
runs. Beside MMSA's own fields, which its loader picks by name, each part holds ``recording_id``,
``participant_id``, ``columns``, ``step_times``, ``text_lengths`` and a mask ``*_observed`` for each
modality: MMSA knows no missing values and wants a 0 there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.datasets.peers.mmsa import CLASSES, MODALITIES, SENTIMENT
from clinic.errors import SetupError
from clinic.records import Case, Condition, Modality, Reference

PARTS = ("train", "valid", "test")
_NOTHING = "not_observed"

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MmsaContent:
    """What is to be written, and what was left out."""

    content: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...]


def mmsa_content(
    cases: Sequence[Case],
    references: Mapping[str, Reference],
    parts: Mapping[str, str],
    *,
    target: str,
) -> MmsaContent:
    """Return MMSA's structure: rows of segments are steps, tables of a modality stand side by side.

    Tables that compare modalities are left out, for MMSA has no place for them.

    Args:
        references: By recording id.
        parts: Participant to ``train``, ``valid`` or ``test``.
        target: What becomes the regression label: a condition, or an attribute that is a number.

    Raises:
        SetupError: No case has a label and a part, or tables differ between recordings.
    """
    labels = {name: _label(reference, target) for name, reference in references.items()}
    kept, notes = _usable(cases, labels, parts, target)
    columns = {kind: _columns(kept, modality) for kind, modality in MODALITIES.items()}
    n_steps = max(len(case.segments) for case in kept)
    content = {}
    for name in PARTS:
        members = [case for case in kept if parts[case.participant_id] == name]
        content[name] = _part(members, references, labels, columns, n_steps)
        if not members:
            notes.append(f"part {name} is empty: MMSA needs all three")
    for kind, names in columns.items():
        if names == [_NOTHING]:
            notes.append(f"the store has no {kind}: one column of zeros, marked as not observed")
    crossing = sorted({t.name for c in kept for t in c.tables if t.modality is Modality.CROSS})
    if crossing:
        notes.append(f"left out, of no single modality: {', '.join(crossing)}")
    return MmsaContent(content=content, notes=tuple(notes))


def _usable(
    cases: Sequence[Case], labels: Mapping[str, float], parts: Mapping[str, str], target: str
) -> tuple[list[Case], list[str]]:
    reasons: Counter[str] = Counter()
    kept = []
    for case in cases:
        if np.isnan(labels.get(case.recording_id, np.nan)):
            reasons[f"no {target} in the labels"] += 1
        elif parts.get(case.participant_id) not in PARTS:
            reasons["no part in the split"] += 1
        elif not case.segments:
            reasons["no segment"] += 1
        else:
            kept.append(case)
    if not kept:
        why = ", ".join(f"{n} with {reason}" for reason, n in reasons.items()) or "an empty store"
        raise SetupError(f"nothing to export: {why} (target, split)")
    return kept, [f"{n} recordings left out: {reason}" for reason, n in reasons.items()]


def _label(reference: Reference, target: str) -> float:
    if target in list(Condition):
        return float(reference.scores.get(Condition(target), np.nan))
    try:
        return float(reference.attributes.get(target, "nan"))
    except ValueError as error:
        raise SetupError(
            f"recording {reference.recording_id}: {target} is no number (target)"
        ) from error


def _columns(cases: Sequence[Case], modality: Modality) -> list[str]:
    """Return the names of a modality's columns; the table stands before them where several are."""
    found = {tuple(_names(case, modality)) for case in cases}
    if len(found) > 1:
        raise SetupError(f"recordings differ in their {modality} tables: one store needed")
    return list(found.pop()) or [_NOTHING]


def _names(case: Case, modality: Modality) -> list[str]:
    tables = [table for table in case.tables if table.modality is modality]
    one = len(tables) == 1
    return [name if one else f"{table.name}.{name}" for table in tables for name in table.columns]


def _part(
    cases: Sequence[Case],
    references: Mapping[str, Reference],
    labels: Mapping[str, float],
    columns: Mapping[str, Sequence[str]],
    n_steps: int,
) -> dict[str, Any]:
    lengths = [len(case.segments) for case in cases]
    part: dict[str, Any] = {
        "id": [f"{case.participant_id}$_${case.recording_id}" for case in cases],
        "recording_id": [case.recording_id for case in cases],
        "participant_id": [case.participant_id for case in cases],
        "raw_text": ["" for _ in cases],
        "regression_labels": np.array([labels[case.recording_id] for case in cases]),
        "columns": {kind: list(names) for kind, names in columns.items()},
        "step_times": _stacked([_times(case) for case in cases], n_steps, 2),
    }
    words = [references[case.recording_id].attributes.get(SENTIMENT, "") for case in cases]
    if all(word in CLASSES for word in words):
        part["annotations"] = [word.capitalize() for word in words]
        part["classification_labels"] = np.array([CLASSES.index(w) for w in words], dtype=float)
    for kind, modality in MODALITIES.items():
        values = _stacked([_values(c, modality) for c in cases], n_steps, len(columns[kind]))
        part[f"{kind}_observed"] = ~np.isnan(values)
        part[kind] = np.nan_to_num(values)
        part[f"{kind}_lengths"] = lengths
    return part


def _values(case: Case, modality: Modality) -> Floats:
    tables = [table.values for table in case.tables if table.modality is modality]
    return np.hstack(tables) if tables else np.full((len(case.segments), 1), np.nan)


def _times(case: Case) -> Floats:
    return np.array([(segment.start_s, segment.end_s) for segment in case.segments], dtype=float)


def _stacked(rows: Sequence[Floats], n_steps: int, n_columns: int) -> Floats:
    """Return arrays of several lengths as one, NaN beyond the end of each."""
    stacked = np.full((len(rows), n_steps, n_columns), np.nan)
    for place, values in enumerate(rows):
        stacked[place, : len(values)] = values
    return stacked
