"""Anybody's split: by participant in JSON, or any way at all in CSV."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from clinic.errors import SetupError
from clinic.evaluation.audit.data import (
    ROLES,
    AuditFold,
    AuditTable,
    folds_of_numbers,
    folds_of_participants,
)
from clinic.evaluation.audit.reading import read_frame

#: Names of official parts, which are roles of one fold and not folds of a cross-validation.
PARTS = {
    "train": "training",
    "training": "training",
    "dev": "validation",
    "devel": "validation",
    "development": "validation",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "calibration": "calibration",
    "test": "test",
}

Aliases = tuple[tuple[str, str], ...]


def read_audit_split(path: Path, table: AuditTable) -> tuple[tuple[AuditFold, ...], Aliases]:
    """Read a split that may be wrong: nothing is refused that a check would catch.

    JSON: ``{"folds": [{"training": [...], "validation": [...], "calibration": [...],
    "test": [...]}], "aliases": {id: same person}}`` of participant ids; roles but ``training``
    and ``test`` may be missing, and so may aliases. CSV: ``id,fold``, where id is a recording
    id, a participant id or a row number of the feature table from 0, and fold a number or name,
    each scored once; or ``train``, ``dev``, ``test`` for one fold with official parts.

    Raises:
        SetupError: Unreadable, no fold, or ids that no row of the table has.
    """
    if path.suffix.lower() == ".json":
        return _from_json(path, table)
    return _from_csv(path, table), ()


def _from_json(path: Path, table: AuditTable) -> tuple[tuple[AuditFold, ...], Aliases]:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        folds = [
            {role: [str(p) for p in fold.get(role, [])] for role in ROLES}
            for fold in content["folds"]
        ]
        aliases = tuple((str(a), str(b)) for a, b in content.get("aliases", {}).items())
    except OSError as error:
        raise SetupError(f"{path.name} cannot be read: {error.strerror} (split)") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SetupError(f"{path.name} is no split file: {error!r} (split)") from error
    if not folds:
        raise SetupError(f"{path.name} has no fold (split)")
    return folds_of_participants(table.participant_ids.tolist(), folds), aliases


def _from_csv(path: Path, table: AuditTable) -> tuple[AuditFold, ...]:
    frame = read_frame(path)
    missing = {"id", "fold"} - set(frame.columns)
    if missing:
        raise SetupError(f"{path.name} has no column {', '.join(sorted(missing))} (split)")
    fold_of: dict[str, str] = {}
    for row in frame[["id", "fold"]].fillna("").astype(str).itertuples(index=False, name=None):
        name, fold = row[0].strip(), row[1].strip()
        if fold and fold_of.setdefault(name, fold) != fold:
            raise SetupError(f"{path.name}: {name} is in fold {fold_of[name]} and {fold} (split)")
    names = [fold_of.get(key) for key in _keys(path, table, fold_of)]
    parts = {str(name).lower() for name in names if name is not None}
    if parts and parts <= set(PARTS):
        roles = np.array([PARTS[str(n).lower()] if n is not None else "" for n in names])
        return (AuditFold(roles={r: np.flatnonzero(roles == r) for r in ROLES}),)
    if len(parts) < 2:
        raise SetupError(f"{path.name} has {len(parts)} fold(s), 2 needed (split)")
    return folds_of_numbers(names)


def _keys(path: Path, table: AuditTable, fold_of: Mapping[str, str]) -> list[str]:
    """Return what the ids of the split are: recordings, participants or row numbers."""
    for ids in (table.recording_ids.tolist(), table.participant_ids.tolist()):
        if set(fold_of) <= set(ids):
            return [str(name) for name in ids]
    numbers = [str(place) for place in range(table.n_rows)]
    if set(fold_of) <= set(numbers):
        return numbers
    known = {*table.recording_ids.tolist(), *table.participant_ids.tolist(), *numbers}
    strange = sorted(set(fold_of) - known)
    example = f", such as {strange[0]}" if strange else ""
    raise SetupError(
        f"{path.name}: ids are neither all recordings, all participants nor all row numbers of "
        f"the feature table{example} (split)"
    )
