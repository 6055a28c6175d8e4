"""Check 2: does one row stand in the table twice, under two names?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.cells import Pairs, equal_cells
from clinic.evaluation.audit.check import AuditCheck, Verdict, not_possible
from clinic.evaluation.audit.data import AuditFold, AuditTable, Flags, Rows
from clinic.evaluation.audit.neighbours import near_copies
from clinic.evaluation.audit.people import mean_by, numbered

NAME = "near-duplicate rows across folds"
ADVICE = (
    "Find out whether these are one person (pooled corpora that share sessions, a recording "
    "processed twice). If so, name them in an alias file and split again."
)
#: A search that only sees a copy closer than this share of the usual distance sees none.
BLIND_BELOW = 0.01
#: Recordings of one person compared one by one; with more, the person's mean is compared.
MOST_RECORDINGS = 50


@dataclass(frozen=True, kw_only=True, eq=False)
class Copies:
    """What the search found.

    Args:
        same_person: Pairs of participant ids that share rows; they are held to be one person
            by the checks that follow.
    """

    check: AuditCheck
    same_person: tuple[tuple[str, str], ...]


def duplicated_rows(
    table: AuditTable, folds: Sequence[AuditFold], persons: NDArray[np.intp], *, alpha: float
) -> Copies:
    """Look for equal cells between rows and for recordings that lie too close together."""
    if table.features.shape[1] == 0:
        return Copies(check=not_possible(NAME, "the table has no numeric column"), same_person=())
    equal = equal_cells(table.features, persons, alpha=alpha)
    near = _near_recordings(table, persons, alpha=alpha)
    blind_to_near = near is None or near.limit < BLIND_BELOW
    if np.isnan(equal.limit) and blind_to_near:
        why = (
            f"{table.features.shape[1]} columns over {table.n_rows} rows are too few or too "
            "coarse to tell a copy from a stranger"
        )
        return Copies(check=not_possible(NAME, why), same_person=())
    roles = _roles(table.n_rows, folds)
    found = [equal] if near is None else [equal, near]
    both = np.concatenate([np.stack([pairs.first, pairs.second]) for pairs in found], axis=1)
    first, second = np.unique(np.sort(both, axis=0), axis=1)
    across = _across(roles, first, second)
    ids = table.participant_ids
    same = {tuple(sorted((str(ids[i]), str(ids[j])))) for i, j in zip(first, second, strict=True)}
    check = _check(table, equal, near, first, second, across, len(same))
    return Copies(check=check, same_person=tuple((a, b) for a, b in sorted(same)))


def _near_recordings(table: AuditTable, persons: NDArray[np.intp], *, alpha: float) -> Pairs | None:
    """Compare recordings by the mean of their rows; pairs are given as their first rows."""
    units = numbered([f"{p} {r}" for p, r in zip(persons, table.recording_ids, strict=True)])
    first_row = np.unique(units, return_index=True)[1]
    _, per_person = np.unique(persons[first_row], return_counts=True)
    if per_person.max() > MOST_RECORDINGS:
        units = persons
        first_row = np.unique(units, return_index=True)[1]
    means = mean_by(units, table.features, len(first_row))
    pairs = near_copies(means, persons[first_row], alpha=alpha)
    if pairs is None:
        return None
    return Pairs(
        first=first_row[pairs.first],
        second=first_row[pairs.second],
        closeness=pairs.closeness,
        limit=pairs.limit,
    )


def _check(
    table: AuditTable,
    equal: Pairs,
    near: Pairs | None,
    first: Rows,
    second: Rows,
    across: Flags,
    n_people: int,
) -> AuditCheck:
    n_across = int(across.sum())
    n_near = 0 if near is None else len(near.first)
    rows = len(np.unique(np.concatenate([first[across], second[across]])))
    limit = float("nan") if near is None else near.limit
    details = (
        ("pairs across folds", float(n_across)),
        ("pairs within one role", float(len(first) - n_across)),
        ("pairs with equal cells", float(len(equal.first))),
        ("pairs that lie too close", float(n_near)),
        ("pairs of participants", float(n_people)),
        ("rows with a copy across folds", float(rows)),
        ("seen from this share of equal cells", equal.limit),
        ("seen below this share of the usual distance", limit),
    )
    if n_across:
        verdict = Verdict.FAIL
        sentence = (
            f"{n_across} pairs of rows of differently named participants are copies and lie in "
            f"different roles of a fold ({len(equal.first)} pairs share cells to the last digit, "
            f"{n_near} lie far closer than strangers; {n_people} pairs of participants)."
        )
    elif len(first):
        verdict = Verdict.WARN
        sentence = f"{len(first)} pairs of copies lie in the same role: these people count twice."
    else:
        verdict = Verdict.PASS
        seen = "" if np.isnan(limit) else f"; a copy within {limit:.0%} of the usual distance shows"
        sentence = f"No copies among {table.n_rows} rows{seen}."
    return AuditCheck(
        name=NAME,
        verdict=verdict,
        statistic=float(n_across),
        unit="pairs of rows",
        sentence=sentence,
        advice=ADVICE if len(first) else "",
        details=details,
    )


def _roles(n_rows: int, folds: Sequence[AuditFold]) -> NDArray[np.int8]:
    """Return role numbers, shape (n_folds, n_rows), -1 = none."""
    roles = np.full((len(folds), n_rows), -1, dtype=np.int8)
    for place, fold in enumerate(folds):
        for number, rows in enumerate(fold.roles.values()):
            roles[place, rows] = number
    return roles


def _across(roles: NDArray[np.int8], first: Rows, second: Rows) -> Flags:
    one, other = roles[:, first], roles[:, second]
    return np.asarray(((one >= 0) & (other >= 0) & (one != other)).any(axis=0), dtype=bool)
