"""Shipped features beside our own: tables of two stores of the same recordings as one."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from clinic.datasets.pooling import not_observed
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
    return bool(np.allclose(ends[0], ends[1], atol=SAME_S))
