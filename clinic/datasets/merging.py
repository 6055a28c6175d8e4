"""Tables put together: shipped features beside our own, and what two corpora both measured."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from clinic.datasets.pooling import not_observed
from clinic.errors import SetupError
from clinic.io.store import CASE_FILE, read_case, write_case
from clinic.records import Case, FeatureTable

#: Segments whose ends differ by less are the same: times went through text with milliseconds.
SAME_S = 0.002


def merge_stores(extracted: Path, shipped: Path) -> tuple[tuple[str, str], ...]:
    """Add the shipped tables to every case of the first store.

    A case without its counterpart gets the same tables, not observed. Recordings that only
    ``shipped`` has stay there: they have no features of ours.

    Returns:
        Recording id and reason of each recording whose shipped features could not be used.
    """
    problems: list[tuple[str, str]] = []
    columns: dict[str, FeatureTable] = {}
    waiting: list[Path] = []
    for place in sorted(path.parent for path in extracted.rglob(CASE_FILE)):
        case = read_case(place)
        other = shipped / case.recording_id
        reason = _reason(case, other)
        if reason:
            problems.append((case.recording_id, reason))
            waiting.append(place)
            continue
        names = {table.name for table in case.tables}
        added = [table for table in read_case(other).tables if table.name not in names]
        for table in added:
            columns.setdefault(table.name, not_observed(table, ()))
        write_case(place, replace(case, tables=(*case.tables, *added)))
    for place in waiting:
        case = read_case(place)
        empty = tuple(not_observed(table, case.segments) for table in columns.values())
        write_case(place, replace(case, tables=(*case.tables, *empty)))
    return tuple(problems)


def with_common_table(cases: Sequence[Case], name: str, of: Sequence[str]) -> list[Case]:
    """Give every case one more table: the columns that all cases have among some tables.

    Two corpora may ship the same measurements in one file or in several. A case takes part with
    those of the tables that it has; a row is covered as far as the least covered of them.

    Args:
        name: Of the table that is added.
        of: Names of tables, such as ``openface`` of one corpus and ``openface_aus`` and
            ``openface_pose`` of another.

    Raises:
        SetupError: A case has none of the tables, no column is common to all, or the same
            column is measured in another unit.
    """
    joined = [_side_by_side(case, name, of) for case in cases]
    if not joined:
        return []
    shared = frozenset.intersection(*(frozenset(table.columns) for table in joined))
    columns = [column for column in joined[0].columns if column in shared]
    if not columns:
        raise SetupError(f"no column is common to all of {', '.join(of)} (common_tables.{name})")
    added = [_chosen(table, columns) for table in joined]
    units = [[spec.unit for spec in table.specs] for table in added]
    for case, found in zip(cases, units, strict=True):
        if found != units[0]:
            column = next(c for c, a, b in zip(columns, found, units[0], strict=True) if a != b)
            raise SetupError(
                f"recording {case.recording_id}: {column} has another unit than in recording "
                f"{cases[0].recording_id} (common_tables.{name})"
            )
    return [
        replace(case, tables=(*case.tables, table))
        for case, table in zip(cases, added, strict=True)
    ]


def with_same_tables(cases: Sequence[Case]) -> tuple[list[Case], tuple[str, ...]]:
    """Keep the tables that every case has, in one order; return the names of the others too.

    A table that one corpus ships and another lacks would tell which corpus a case is from.
    """
    if not cases:
        return [], ()
    names = [frozenset(table.name for table in case.tables) for case in cases]
    shared = [t.name for t in cases[0].tables if t.name in frozenset.intersection(*names)]
    kept = [replace(case, tables=tuple(case.table(name) for name in shared)) for case in cases]
    return kept, tuple(sorted(frozenset.union(*names) - set(shared)))


def _side_by_side(case: Case, name: str, of: Sequence[str]) -> FeatureTable:
    """Return the tables of a case as one; of two columns with one name the first counts."""
    tables = [table for wanted in of for table in case.tables if table.name == wanted]
    if not tables:
        raise SetupError(
            f"recording {case.recording_id} has none of {', '.join(of)} (common_tables.{name})"
        )
    return replace(
        tables[0],
        name=name,
        specs=tuple(spec for table in tables for spec in table.specs),
        values=np.concatenate([table.values for table in tables], axis=1),
        coverage=np.min([table.coverage for table in tables], axis=0),
        notes=tuple(note for table in tables for note in table.notes),
    )


def _chosen(table: FeatureTable, columns: Sequence[str]) -> FeatureTable:
    places = [table.columns.index(column) for column in columns]
    return replace(
        table, specs=tuple(table.specs[i] for i in places), values=table.values[:, places]
    )


def _reason(case: Case, other: Path) -> str:
    """Say why the shipped tables do not fit a case; empty where they do."""
    if not (other / CASE_FILE).is_file():
        return "the corpus ships no features of it"
    further = read_case(other)
    if _same_segments(case, further):
        return ""
    return (
        f"{len(case.segments)} segments in our features, {len(further.segments)} in the shipped "
        "ones: not the same stretches"
    )


def _same_segments(one: Case, other: Case) -> bool:
    if len(one.segments) != len(other.segments):
        return False
    ends = [[(s.start_s, s.end_s) for s in case.segments] for case in (one, other)]
    return bool(np.allclose(ends[0], ends[1], rtol=0.0, atol=SAME_S))
