"""Check 1: is anybody, under any alias, or any recording on both sides of a fold?"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.check import AuditCheck, Verdict
from clinic.evaluation.audit.data import AuditFold, AuditTable
from clinic.evaluation.audit.people import numbered

NAME = "participants shared between folds"
ADVICE = (
    "Split participants, not rows, with everybody's aliases resolved first; then fit and score "
    "again. Earlier numbers from this split are void."
)


def shared_participants(
    table: AuditTable, folds: Sequence[AuditFold], persons: NDArray[np.intp]
) -> AuditCheck:
    """Count persons and recordings with two roles in a fold."""
    recordings = numbered([str(r) for r in table.recording_ids])
    people, doubled = _crossing(persons, folds), _crossing(recordings, folds)
    ids = numbered([str(p) for p in table.participant_ids])
    by_alias = len(people) - len(set(persons[np.isin(ids, list(_crossing(ids, folds)))].tolist()))
    affected = [
        float(np.mean(np.isin(persons[fold.scored], persons[fold.fitted])))
        for fold in folds
        if len(fold.scored)
    ]
    share = float(np.mean(affected)) if affected else float("nan")
    details = (
        ("persons shared", float(len(people))),
        ("of them only under an alias", float(by_alias)),
        ("recordings shared", float(len(doubled))),
        ("share of scored rows whose person was fitted on", share),
        ("rows in no fold", float(_n_unused(table.n_rows, folds))),
    )
    n = len(set(persons.tolist()))
    if people or doubled:
        return AuditCheck(
            name=NAME,
            verdict=Verdict.FAIL,
            statistic=float(len(people)),
            unit=f"persons of {n}",
            sentence=(
                f"{len(people)} of {n} persons ({by_alias} only under an alias) and "
                f"{len(doubled)} recordings have two roles in a fold; "
                f"{share:.0%} of scored rows belong to a person who was fitted on."
            ),
            advice=ADVICE,
            details=details,
        )
    unused = _n_unused(table.n_rows, folds)
    left_out = f" {unused} rows are in no fold." if unused else ""
    return AuditCheck(
        name=NAME,
        verdict=Verdict.WARN if unused else Verdict.PASS,
        statistic=0.0,
        unit=f"persons of {n}",
        sentence=f"None of {n} persons has two roles in a fold.{left_out}",
        advice="Say who was left out and why, or put them into a fold." if unused else "",
        details=details,
    )


def _crossing(groups: NDArray[np.intp], folds: Sequence[AuditFold]) -> set[int]:
    found: set[int] = set()
    for fold in folds:
        for one, other in combinations(fold.roles.values(), 2):
            found |= set(np.intersect1d(groups[one], groups[other]).tolist())
    return found


def _n_unused(n_rows: int, folds: Sequence[AuditFold]) -> int:
    used = np.zeros(n_rows, dtype=bool)
    for fold in folds:
        for rows in fold.roles.values():
            used[rows] = True
    return int(np.sum(~used))
