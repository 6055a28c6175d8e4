"""Which columns are switched together when an output is shared out, and their hierarchy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.records import Case, Modality

NOT_OBSERVED = "not observed"


class Column(Protocol):
    """One model input (``clinic.fusion.layout``)."""

    @property
    def table(self) -> str: ...
    @property
    def column(self) -> str: ...
    @property
    def modality(self) -> Modality: ...
    @property
    def group(self) -> str: ...
    @property
    def unit(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Player:
    """Columns that are replaced together.

    Args:
        columns: Positions in the model's input.
        feature: The column's name, or the group's where single columns mean nothing.
    """

    modality: Modality
    group: str
    feature: str
    meaning: str
    unit: str
    columns: tuple[int, ...]


def players_of(
    columns: Sequence[Column],
    values: NDArray[np.float64],
    case: Case,
    joint_groups: Iterable[str],
) -> tuple[Player, ...]:
    """Return the players in the order modality, group, column.

    A modality with nothing observed is one player; a group in ``joint_groups`` (the dimensions
    of an embedding) is one player; every other column plays alone.

    Args:
        values: Shape (n_segments, n_columns), NaN = not observed.
    """
    joint = set(joint_groups)
    meanings = {
        (table.name, spec.name): spec.meaning for table in case.tables for spec in table.specs
    }
    dark = {
        modality
        for modality in {c.modality for c in columns}
        if np.isnan(values[:, [i for i, c in enumerate(columns) if c.modality is modality]]).all()
    }
    gathered: dict[tuple[Modality, str, str], list[int]] = {}
    for index, column in enumerate(columns):
        if column.modality in dark:
            key = (column.modality, NOT_OBSERVED, NOT_OBSERVED)
        elif column.group in joint:
            key = (column.modality, column.group, column.group)
        else:
            key = (column.modality, column.group, column.column)
        gathered.setdefault(key, []).append(index)
    found = []
    for (modality, group, feature), indices in sorted(gathered.items()):
        first = columns[indices[0]]
        alone = feature == first.column
        found.append(
            Player(
                modality=modality,
                group=group,
                feature=feature,
                meaning=meanings.get((first.table, first.column), feature) if alone else feature,
                unit=first.unit if alone else "1",
                columns=tuple(indices),
            )
        )
    return tuple(found)


def hierarchy(labels: Sequence[tuple[str, ...]]) -> NDArray[np.float64]:
    """Return a linkage matrix that merges equal labels first, from the last level to the first.

    Args:
        labels: One tuple per player, from the coarsest level to the finest, such as
            ``("voice", "pitch", "F0...")``; players of one label stand together.

    Returns:
        Shape (n_players - 1, 4): left, right, height, size, as scipy's ``linkage``.
    """
    n_players = len(labels)
    rows: list[list[float]] = []
    clusters = [(index, 1) for index in range(n_players)]
    keys = list(labels)
    for level in range(len(labels[0]) - 1, -1, -1):
        grouped: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for key, cluster in zip(keys, clusters, strict=True):
            grouped.setdefault(key[:level], []).append(cluster)
        height = float(len(labels[0]) - level)
        keys = list(grouped)
        clusters = [_merge(members, rows, n_players, height) for members in grouped.values()]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _merge(
    members: list[tuple[int, int]], rows: list[list[float]], n_players: int, height: float
) -> tuple[int, int]:
    """Merge neighbours pairwise, so that the tree stays shallow."""
    while len(members) > 1:
        merged = []
        for left, right in zip(members[::2], members[1::2], strict=False):
            size = left[1] + right[1]
            rows.append([left[0], right[0], height, size])
            merged.append((n_players + len(rows) - 1, size))
        if len(members) % 2:
            merged.append(members[-1])
        members = merged
    return members[0]
