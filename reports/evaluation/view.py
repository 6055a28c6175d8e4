"""An evaluation as the sections read it: rows by key, models in order, reasons for every gap."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clinic.evaluation.study.collect import ALL, SINGLE
from clinic.evaluation.study.degradations import CLEAN, CLEAN_THERE, LOST
from clinic.evaluation.study.results import (
    ComparisonRow,
    CurveRow,
    EvaluationResult,
    MetricRow,
    ModelRow,
    TargetFacts,
)
from clinic.evaluation.table import ABOUT, Direction
from reports.evaluation.variants import ordered
from reports.wording import Wording

#: Widths in drawing units: a whole line on paper, a phone.
WIDE, NARROW = 680.0, 340.0
#: Models that know nothing of what was said, heard or seen by the participant: the floor.
FLOOR = ("majority", "metadata", "interviewer")
#: From this corrected p-value on a difference is called chance; as the 95 % intervals.
ALPHA = 0.05

Key = tuple[str, str, str, str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A result, the words to tell it in, and its rows by key.

    Args:
        index: By model, target, variant, group and metric.
        curves: By model, target and name of the curve.
        comparisons: By target.
    """

    result: EvaluationResult
    words: Wording
    index: Mapping[Key, MetricRow]
    curves: Mapping[tuple[str, str, str], tuple[CurveRow, ...]]
    comparisons: Mapping[str, tuple[ComparisonRow, ...]]

    @classmethod
    def of(cls, result: EvaluationResult, words: Wording) -> "View":
        """Index a result once; sections then look up."""
        curves: dict[tuple[str, str, str], list[CurveRow]] = {}
        for point in result.curves:
            curves.setdefault((point.model, point.target, point.curve), []).append(point)
        compared: dict[str, list[ComparisonRow]] = {}
        for row in result.comparisons:
            compared.setdefault(row.target, []).append(row)
        return cls(
            result=result,
            words=words,
            index={(r.model, r.target, r.variant, r.group, r.metric): r for r in result.metrics},
            curves={key: tuple(sorted(p, key=lambda c: c.x)) for key, p in curves.items()},
            comparisons={key: tuple(rows) for key, rows in compared.items()},
        )

    @property
    def models(self) -> tuple[ModelRow, ...]:
        """Models with the floor on top, the others as given."""
        floor = [row for name in FLOOR for row in self.result.models if row.model == name]
        return (*floor, *(row for row in self.result.models if row.model not in FLOOR))

    @property
    def audit(self) -> Mapping[str, Any] | None:
        """Content of the leakage audit."""
        return self.result.audit

    def row(
        self, model: str, target: str, metric: str, *, variant: str = CLEAN, group: str = ALL
    ) -> MetricRow | None:
        """Return one number, None where nothing was computed."""
        return self.index.get((model, target, variant, group, metric))

    def metrics_of(self, target: TargetFacts) -> tuple[str, ...]:
        """Return the metrics that any model has for a target, headline first."""
        known = {
            row.metric for row in self.result.rows(target=target.name, variant=CLEAN, group=ALL)
        }
        order = [*target.headline, *(name for name in ABOUT if name not in target.headline)]
        return tuple(name for name in order if name in known) + tuple(sorted(known - {*order}))

    def variants(self, target: TargetFacts) -> tuple[str, ...]:
        """Return the degradations of a target by kind, from mild to strong."""
        rows = self.result.rows(target=target.name, group=ALL)
        return ordered(
            {
                row.variant
                for row in rows
                if row.variant not in (CLEAN, CLEAN_THERE) and not row.variant.startswith(LOST)
            }
        )

    def groups(self, target: TargetFacts) -> Mapping[str, tuple[str, ...]]:
        """Return the levels of each attribute that has any, as they stand in the rows."""
        found: dict[str, dict[str, None]] = {}
        for row in self.result.rows(target=target.name, variant=CLEAN):
            if row.group != ALL:
                attribute = row.group.partition("=")[0]
                found.setdefault(attribute, {})[row.group] = None
        return {attribute: tuple(sorted(levels)) for attribute, levels in found.items()}

    def metric_name(self, metric: str) -> str:
        """Return what a metric is called in a sentence."""
        about = ABOUT.get(metric)
        return about.words if about else metric

    def metric_short(self, metric: str) -> str:
        """Return what a metric is called above a column."""
        return self.words.sentences.get(f"short.{metric}", metric)

    def direction(self, metric: str) -> str:
        """Return which way is better."""
        about = ABOUT.get(metric)
        return str(about.direction) if about else self.words("short.unknown_direction")

    def loss(self, metric: str, value: float) -> float:
        """Return what is to be small, NaN where the direction is not known."""
        about = ABOUT.get(metric)
        return about.direction.loss(value, self.result.coverage) if about else math.nan

    def role(self, model: str) -> str:
        """Return ``floor``, ``single`` or ``fused``."""
        return "floor" if model in FLOOR else "single" if model in SINGLE else "fused"

    def reason(self, model: ModelRow, row: MetricRow | None) -> str:
        """Return why there is a dash and no number."""
        if row is not None and row.note:
            return row.note
        if row is None:
            return model.problem or self.words("reason.not_computed")
        return self.words("reason.undefined")

    def counts(self, rows: Sequence[MetricRow]) -> str:
        """Return participants and repeats behind some numbers, a range where they differ."""
        people = span([row.n_participants for row in rows])
        repeats = span([row.n_repeats for row in rows if row.n_repeats])
        return self.words("counts.line", people=people, repeats=repeats)

    def counts_short(self, rows: Sequence[MetricRow]) -> str:
        """Return the repeats behind some numbers."""
        return span([row.n_repeats for row in rows if row.n_repeats])

    def has_direction(self, metric: str) -> bool:
        """Tell whether larger or smaller is better, so that a difference has a good side."""
        about = ABOUT.get(metric)
        return about is not None and about.direction in (Direction.HIGHER, Direction.LOWER)


def span(values: Sequence[int]) -> str:
    """Return a whole number, or the least and the largest where there are several.

    Example:
        >>> span([5, 5]), span([7, 5]), span([])
        ('5', '5–7', '0')
    """
    if not values:
        return "0"
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}–{high}"
