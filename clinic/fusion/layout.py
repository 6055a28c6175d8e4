"""Which columns a model reads, in which order: the contract between tables and network."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.fusion.origin import TableOrigin
from clinic.records import Case, FeatureTable, Modality


@dataclass(frozen=True, kw_only=True)
class LayoutColumn:
    """One input of the network: where it comes from and what it is."""

    table: str
    column: str
    modality: Modality
    group: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class TableBlock:
    """The run of columns that one table fills."""

    table: str
    modality: Modality
    start: int
    stop: int

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.stop - self.start


@dataclass(frozen=True, kw_only=True)
class FeatureLayout:
    """Ordered input columns; the columns of one table stand together.

    Args:
        origins: Per table, what made it in the training cases.
    """

    columns: tuple[LayoutColumn, ...]
    origins: Mapping[str, TableOrigin] = field(default_factory=dict)

    @classmethod
    def from_cases(
        cls, cases: Sequence[Case], tables: Mapping[str, Sequence[str]]
    ) -> "FeatureLayout":
        """Read the layout off the training cases.

        Args:
            tables: Names of tables per modality, in the order in which the network reads them.

        Raises:
            SetupError: No case, a table that the cases do not have, or one of another modality.
        """
        if not cases:
            raise SetupError("no case to train on: the feature store is empty (store)")
        columns: list[LayoutColumn] = []
        origins: dict[str, TableOrigin] = {}
        for modality, names in tables.items():
            for name in names:
                table = _table(cases[0], name, modality)
                columns.extend(_columns(table, modality))
                origins[name] = TableOrigin.of(table)
        if not columns:
            raise SetupError("no feature table chosen (fusion.tables)")
        return cls(columns=tuple(columns), origins=origins)

    @property
    def n_features(self) -> int:
        """Number of input columns."""
        return len(self.columns)

    @cached_property
    def blocks(self) -> tuple[TableBlock, ...]:
        """One block per table, in order."""
        blocks: list[TableBlock] = []
        for index, column in enumerate(self.columns):
            if blocks and blocks[-1].table == column.table:
                blocks[-1] = TableBlock(
                    table=column.table,
                    modality=column.modality,
                    start=blocks[-1].start,
                    stop=index + 1,
                )
            else:
                blocks.append(
                    TableBlock(
                        table=column.table, modality=column.modality, start=index, stop=index + 1
                    )
                )
        return tuple(blocks)

    def indices(self, modality: Modality) -> NDArray[np.intp]:
        """Return the positions of one modality's columns."""
        return np.array(
            [i for i, column in enumerate(self.columns) if column.modality is modality],
            dtype=np.intp,
        )

    def values(self, case: Case) -> NDArray[np.float64]:
        """Return one recording's inputs, shape (n_segments, n_features), NaN = not observed.

        Raises:
            SetupError: A table or column that the model was trained on is not there, or stands
                in another place or unit.
        """
        present = {table.name: table for table in case.tables}
        parts = []
        for block in self.blocks:
            if block.table not in present:
                raise SetupError(
                    f"model reads table {block.table}, case has {_names(present)} (features.json)"
                )
            table = present[block.table]
            self._require_same(table, block)
            if block.table in self.origins:
                self.origins[block.table].require_same_weights(table)
            parts.append(table.values)
        return np.concatenate(parts, axis=1)

    def notes(self, case: Case) -> tuple[str, ...]:
        """Say where a case's tables were made with other settings than in the training."""
        return tuple(
            note
            for table in case.tables
            if table.name in self.origins
            for note in self.origins[table.name].differences(table)
        )

    def _require_same(self, table: FeatureTable, block: TableBlock) -> None:
        wanted = self.columns[block.start : block.stop]
        if tuple(c.column for c in wanted) == table.columns and all(
            c.unit == spec.unit for c, spec in zip(wanted, table.specs, strict=True)
        ):
            return
        for place, (column, spec) in enumerate(zip(wanted, table.specs, strict=False)):
            if column.column != spec.name:
                raise SetupError(
                    f"table {table.name}, column {place}: model was trained on "
                    f"{column.column!r}, table has {spec.name!r} (features.json)"
                )
            if column.unit != spec.unit:
                raise SetupError(
                    f"table {table.name}, column {column.column}: model was trained on unit "
                    f"{column.unit!r}, table has {spec.unit!r} (features.json)"
                )
        raise SetupError(
            f"table {table.name}: model was trained on {len(wanted)} columns ending in "
            f"{wanted[-1].column!r}, table has {len(table.columns)} ending in "
            f"{(table.columns or ('nothing',))[-1]!r} (features.json)"
        )

    def to_json(self) -> str:
        """Return the content of ``features.json``."""
        plain = {
            "tables": {name: asdict(origin) for name, origin in self.origins.items()},
            "columns": [asdict(column) for column in self.columns],
        }
        return json.dumps(plain, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "FeatureLayout":
        """Read ``features.json``.

        Raises:
            SetupError: Not tables and columns.
        """
        try:
            plain: dict[str, Any] = json.loads(text)
            entries: list[dict[str, Any]] = plain["columns"]
            origins = {name: TableOrigin(**entry) for name, entry in plain["tables"].items()}
            columns = tuple(
                LayoutColumn(**{**entry, "modality": Modality(entry["modality"])})
                for entry in entries
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SetupError(f"features.json cannot be read: {error}") from error
        return cls(columns=columns, origins=origins)


def _table(case: Case, name: str, modality: str) -> FeatureTable:
    present = {table.name: table for table in case.tables}
    if name not in present:
        raise SetupError(f"fusion.tables.{modality} names {name!r}, cases have {_names(present)}")
    table = present[name]
    if table.modality != modality:
        raise SetupError(
            f"fusion.tables.{modality} names {name!r}, which is a table of {table.modality}"
        )
    return table


def _columns(table: FeatureTable, modality: str) -> list[LayoutColumn]:
    return [
        LayoutColumn(
            table=table.name,
            column=spec.name,
            modality=Modality(modality),
            group=spec.group,
            unit=spec.unit,
        )
        for spec in table.specs
    ]


def _names(present: Mapping[str, FeatureTable]) -> str:
    return ", ".join(sorted(present)) or "none"
