"""What an evaluation comes down to: the best model, the floor, and whether fusion paid."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinic.evaluation.study.results import ComparisonRow, MetricRow, TargetFacts
from reports.evaluation.view import ALPHA, View

FAILED, PASSED, OPEN, ABSENT = "fail", "pass", "open", "absent"


@dataclass(frozen=True, kw_only=True)
class FusionVerdict:
    """Fused models against the best single modality on one metric.

    Args:
        single: The single modality's model, empty where there was none.
        compared: Comparisons of fused models with it, best first.
        winners: Those of them that are better beyond chance, corrected.
    """

    single: str
    compared: tuple[ComparisonRow, ...]
    winners: tuple[ComparisonRow, ...]


def best_of(
    view: View, target: TargetFacts, metric: str, roles: tuple[str, ...]
) -> MetricRow | None:
    """Return the best clean number among models of some roles, None where there is none."""
    found = [
        row
        for model in view.models
        if view.role(model.model) in roles
        and (row := view.row(model.model, target.name, metric)) is not None
        and math.isfinite(view.loss(metric, row.value))
    ]
    return min(found, key=lambda row: view.loss(metric, row.value), default=None)


def fusion_verdict(view: View, target: TargetFacts, metric: str) -> FusionVerdict:
    """Return whether any fused model beats the best single modality beyond chance."""
    single = view.result.best_single.get(f"{target.name}.{metric}", "")
    rows = [
        row
        for row in view.comparisons.get(target.name, ())
        if row.metric == metric and row.against == single and view.role(row.model) == "fused"
    ]
    known = [row for row in rows if math.isfinite(row.difference)]
    known.sort(key=lambda row: gain(view, row), reverse=True)
    return FusionVerdict(
        single=single,
        compared=tuple(known),
        winners=tuple(row for row in known if is_better(view, row)),
    )


def gain(view: View, row: ComparisonRow) -> float:
    """Return by how much the model is better than the other; negative where it is worse."""
    better = view.loss(row.metric, 1.0) < view.loss(row.metric, 0.0)
    return row.difference if better else -row.difference


def is_better(view: View, row: ComparisonRow) -> bool:
    """Tell whether a model is better than the other beyond chance, corrected."""
    return view.has_direction(row.metric) and gain(view, row) > 0 and row.p_holm < ALPHA


def is_worse(view: View, row: ComparisonRow) -> bool:
    """Tell whether a model is worse than the other beyond chance, corrected."""
    return view.has_direction(row.metric) and gain(view, row) < 0 and row.p_holm < ALPHA


def checks_of(view: View) -> tuple[Mapping[str, Any], ...]:
    """Return the checks of the leakage audit."""
    return tuple((view.audit or {}).get("checks") or ())


def failed_checks(view: View) -> tuple[Mapping[str, Any], ...]:
    """Return the checks that failed."""
    return tuple(check for check in checks_of(view) if verdict_of(check) == FAILED)


def audit_state(view: View) -> str:
    """Return ``fail``, ``pass``, ``open`` (something needs a look) or ``absent``.

    One failed check fails the audit whatever its overall verdict says; without any check
    nothing has passed.
    """
    if view.audit is None:
        return ABSENT
    if verdict_of(view.audit) == FAILED or failed_checks(view):
        return FAILED
    checks = checks_of(view)
    all_pass = bool(checks) and all(verdict_of(check) == PASSED for check in checks)
    return PASSED if all_pass and verdict_of(view.audit) == PASSED else OPEN


def verdict_of(part: Mapping[str, Any]) -> str:
    """Return a verdict in small letters."""
    return str(part.get("verdict") or "").strip().lower()
