"""What is audited: a table with labels, and who is fitted and scored in each fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]

ROLES = ("training", "validation", "calibration", "test")


class LabelKind(StrEnum):
    """How a target is ranked."""

    BINARY = "binary"  # two values
    ORDERED = "ordered"  # a score, or bands in rising order
    CLASSES = "classes"  # names without an order


@dataclass(frozen=True, kw_only=True, eq=False)
class AuditLabels:
    """One target.

    Args:
        values: Shape (n_rows, n_outputs). One column for a binary or ordered target, one
            indicator per class otherwise; NaN = no label.
    """

    name: str
    kind: LabelKind
    values: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class AuditTable:
    """Features and what is known beside them; a row is a recording or a segment.

    Args:
        recording_ids, participant_ids: Shape (n_rows,).
        features: Shape (n_rows, n_columns); NaN = not observed.
        metadata: Further columns, shape (n_rows,): numbers, or text with "" = unknown.
        labels: Targets; may be empty.
        aliases: Pairs of participant ids that are one person.

    Raises:
        SetupError: Lengths differ, or there is no row.
    """

    recording_ids: NDArray[np.str_]
    participant_ids: NDArray[np.str_]
    features: Floats
    columns: tuple[str, ...]
    metadata: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    labels: tuple[AuditLabels, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        n = len(self.recording_ids)
        if n == 0:
            raise SetupError("the feature table has no row (features)")
        lengths = {
            "participant_ids": len(self.participant_ids),
            "features": len(self.features),
            **{f"metadata {name}": len(column) for name, column in self.metadata.items()},
            **{f"labels {target.name}": len(target.values) for target in self.labels},
        }
        for name, length in lengths.items():
            if length != n:
                raise SetupError(f"{name}: {length} rows, {n} needed (features)")
        if self.features.shape != (n, len(self.columns)):
            raise SetupError(f"{self.features.shape} features, {len(self.columns)} column names")

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.recording_ids)


@dataclass(frozen=True, kw_only=True, eq=False)
class AuditFold:
    """Rows by role.

    Args:
        roles: Row indices per role; ``test`` is scored, all others are fitted on.
    """

    roles: Mapping[str, Rows]

    def __post_init__(self) -> None:
        unknown = set(self.roles) - set(ROLES)
        if unknown:
            raise SetupError(f"unknown role {min(unknown)}: {', '.join(ROLES)} are known (split)")

    @property
    def scored(self) -> Rows:
        """Rows that are scored."""
        return self.roles.get("test", np.empty(0, dtype=np.intp))

    @property
    def fitted(self) -> Rows:
        """Rows that anything is fitted on."""
        parts = [rows for role, rows in self.roles.items() if role != "test"]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.intp)


def labels_of(name: str, values: Sequence[object], *, nominal: bool = False) -> AuditLabels:
    """Return a target from one column.

    Numbers with two values are binary, with more they are ordered; text is classes, and so are
    numbers where ``nominal`` says so. None, NaN and empty text are no label.

    Raises:
        SetupError: Fewer than two values occur.
    """
    known = [i for i, v in enumerate(values) if not (v is None or v != v or str(v).strip() == "")]
    numbers = np.full(len(values), np.nan)
    text = False
    for i in known:
        try:
            numbers[i] = float(str(values[i]))
        except ValueError:
            text = True
    names = [str(values[i]).strip() for i in known]
    if len(set(names)) < 2:
        raise SetupError(f"target {name} has {len(set(names))} value(s), 2 needed (labels, target)")
    classes = sorted(set(names))
    if text and len(classes) == 2:
        numbers[known] = [float(n == classes[1]) for n in names]
    elif text or (nominal and len(classes) > 2):
        indicators = np.full((len(values), len(classes)), np.nan)
        indicators[known] = [[float(n == c) for c in classes] for n in names]
        return AuditLabels(name=name, kind=LabelKind.CLASSES, values=indicators)
    found = np.unique(numbers[known])
    if len(found) == 2:
        numbers = np.where(np.isnan(numbers), np.nan, (numbers == found[1]).astype(float))
        return AuditLabels(name=name, kind=LabelKind.BINARY, values=numbers[:, None])
    return AuditLabels(name=name, kind=LabelKind.ORDERED, values=numbers[:, None])


def folds_of_participants(
    participant_ids: Sequence[str], folds: Sequence[Mapping[str, Sequence[str]]]
) -> tuple[AuditFold, ...]:
    """Return folds of rows from folds of participants (``training``, ..., ``test``)."""
    ids = np.asarray(participant_ids, dtype=np.str_)
    return tuple(
        AuditFold(
            roles={
                role: np.flatnonzero(np.isin(ids, np.asarray(sorted(people), dtype=np.str_)))
                for role, people in fold.items()
                if role in ROLES
            }
        )
        for fold in folds
    )


def folds_of_numbers(numbers: Sequence[object]) -> tuple[AuditFold, ...]:
    """Return cross-validation folds from one fold name per row; None = in no fold.

    Each fold is scored once and all others are fitted on.
    """
    names = np.array(["" if n is None else str(n) for n in numbers], dtype=np.str_)
    inside = np.flatnonzero(names != "")
    return tuple(
        AuditFold(
            roles={
                "training": inside[names[inside] != name],
                "test": inside[names[inside] == name],
            }
        )
        for name in sorted(set(names[inside].tolist()))
    )
