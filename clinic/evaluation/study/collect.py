"""From finished fits to tables: metrics, comparisons, subgroups, degradations and curves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clinic.evaluation.bootstrap import Estimate, estimate_metrics
from clinic.evaluation.comparison import Difference, compare, holm
from clinic.evaluation.predictions import Predictions, joined
from clinic.evaluation.study.degradations import CLEAN, CLEAN_THERE, LOST
from clinic.evaluation.study.groups import Levels
from clinic.evaluation.study.results import ComparisonRow, MetricRow, ModelRow
from clinic.evaluation.study.unit import UnitOutcome
from clinic.evaluation.subgroups import by_attribute
from clinic.evaluation.table import ABOUT, Direction
from clinic.evaluation.target import Target, TargetKind
from clinic.evaluation.weighted import weighted_metrics_of

ALL = "all"
#: Shown where a table has room for few: error, agreement and discrimination.
HEADLINE: Mapping[TargetKind, tuple[str, ...]] = {
    TargetKind.SCORE: ("mae", "ccc", "auroc"),
    TargetKind.RATING: ("auroc", "macro_f1", "brier"),
    TargetKind.SEGMENTS: ("macro_f1", "auprc", "auroc"),
    TargetKind.CLASSES: ("uar", "macro_f1", "accuracy"),
}
#: Models of one modality, among which the best stands for "a single modality".
SINGLE = ("text_linear", "voice_linear", "face_linear")


@dataclass(frozen=True, kw_only=True)
class Collector:
    """How finished fits are summed up.

    Args:
        n_draws: Bootstrap draws over participants.
        compare_with: Models that every other model is compared with, beside the best single
            modality.
        least_participants: Smaller subgroups are named and not computed.
        seed: Of the draws; the same for all models, so that comparisons are paired.
    """

    n_draws: int
    compare_with: Sequence[str]
    least_participants: int
    seed: int

    def metrics(
        self, model: str, outcomes: Sequence[UnitOutcome], levels: Mapping[str, Levels]
    ) -> Iterator[MetricRow]:
        """Yield every metric of one model: clean, by subgroup, and degraded."""
        for target, variant in sorted({key for o in outcomes for key in o.predictions}):
            key = (target, variant)
            there = [o for o in outcomes if key in o.predictions]
            found = joined([o.predictions[key] for o in there])
            yield from self._rows(model, found, variant)
            if variant == CLEAN:
                yield from self._group_rows(model, found, levels)
            else:
                clean = joined([o.predictions[target, CLEAN] for o in there])
                yield from self._lost(model, clean, found, variant)
        yield from self._clean_there(model, outcomes)

    def _clean_there(self, model: str, outcomes: Sequence[UnitOutcome]) -> Iterator[MetricRow]:
        """Yield clean numbers of the repeats whose inputs were degraded too."""
        degraded = [o for o in outcomes if any(v != CLEAN for _, v in o.predictions)]
        for target in sorted({target for o in degraded for target, _ in o.predictions}):
            found = joined([o.predictions[target, CLEAN] for o in degraded])
            yield from self._rows(model, found, CLEAN_THERE)

    def _lost(
        self, model: str, clean: Predictions, worse: Predictions, variant: str
    ) -> Iterator[MetricRow]:
        """Yield what a degradation costs: how much worse the headline metrics get."""
        names = HEADLINE[worse.target.kind]
        metrics = weighted_metrics_of(worse.target)
        clean, worse = in_both(clean, worse)
        if not len(worse):
            return
        differences = compare(
            clean,
            worse,
            metrics={name: metrics[name] for name in names},
            n_draws=self.n_draws,
            seed=self.seed,
        )
        repeats = len(np.unique(worse.repeat))
        for name, d in differences.items():
            ends = (d.difference, d.low, d.high)
            if ABOUT[name].direction is Direction.HIGHER:
                ends = (-d.difference, -d.high, -d.low)
            yield MetricRow(
                model=model,
                target=worse.target.name,
                variant=f"{LOST}{variant}",
                group=ALL,
                metric=name,
                value=ends[0],
                sd=float("nan"),
                low=ends[1],
                high=ends[2],
                n_participants=d.n_participants,
                n_repeats=repeats,
            )

    def _group_rows(
        self, model: str, found: Predictions, levels: Mapping[str, Levels]
    ) -> Iterator[MetricRow]:
        names = HEADLINE[found.target.kind]
        metrics = weighted_metrics_of(found.target)
        for attribute, of in levels.items():
            groups = by_attribute(
                found,
                attribute,
                of(found),
                least_participants=self.least_participants,
                metrics={name: metrics[name] for name in names},
                n_draws=self.n_draws,
                seed=self.seed,
            )
            for group in groups:
                for name in names:
                    yield _row(
                        model,
                        found.target,
                        CLEAN,
                        f"{attribute}={group.level}",
                        name,
                        group.metrics[name] if group.metrics else None,
                        group.n_participants,
                        group.reason,
                    )

    def _rows(self, model: str, found: Predictions, variant: str) -> Iterator[MetricRow]:
        if not len(found):
            return
        metrics = weighted_metrics_of(found.target)
        names = metrics if variant == CLEAN else HEADLINE[found.target.kind]
        estimates = estimate_metrics(
            found,
            metrics={name: metrics[name] for name in names},
            n_draws=self.n_draws,
            seed=self.seed,
        )
        for name, estimate in estimates.items():
            yield _row(
                model, found.target, variant, ALL, name, estimate, estimate.n_participants, ""
            )

    def comparisons(
        self, scored: Mapping[str, Mapping[str, Predictions]], best: Mapping[str, str]
    ) -> tuple[ComparisonRow, ...]:
        """Compare every model with the baselines on the headline metrics.

        Each question (does any model beat this baseline on this metric of this target?) is a
        family of its own: its p-values are corrected together by Holm's method.

        Args:
            scored: Per model and target the clean predictions.
            best: As returned by ``best_single``.
        """
        pairs: list[tuple[str, str, str, str, Difference]] = []
        for model, by_target in scored.items():
            for target, found in by_target.items():
                for against, names in self._against(model, target, found, scored, best).items():
                    metrics = weighted_metrics_of(found.target)
                    one, other = in_both(scored[against][target], found)
                    if not len(other):
                        continue
                    differences = compare(
                        one,
                        other,
                        metrics={name: metrics[name] for name in names},
                        n_draws=self.n_draws,
                        seed=self.seed,
                    )
                    pairs += [(target, n, model, against, d) for n, d in differences.items()]
        corrected = _corrected(pairs)
        return tuple(
            ComparisonRow(
                target=target,
                metric=metric,
                model=model,
                against=against,
                difference=d.difference,
                low=d.low,
                high=d.high,
                p=d.p_value,
                p_holm=float(p),
            )
            for (target, metric, model, against, d), p in zip(pairs, corrected, strict=True)
        )

    def _against(
        self,
        model: str,
        target: str,
        found: Predictions,
        scored: Mapping[str, Mapping[str, Predictions]],
        best: Mapping[str, str],
    ) -> Mapping[str, list[str]]:
        """Return the models to compare with, each with the metrics on which it stands there."""
        names = HEADLINE[found.target.kind]
        wanted: dict[str, list[str]] = {
            other: list(names) for other in self.compare_with if other != model
        }
        for name in names:
            other = best.get(f"{target}.{name}")
            if other is not None and other != model and name not in wanted.get(other, []):
                wanted.setdefault(other, []).append(name)
        return {other: names for other, names in wanted.items() if target in scored.get(other, {})}


def in_both(one: Predictions, other: Predictions) -> tuple[Predictions, Predictions]:
    """Return the rows that both have: a model of one modality lacks some segments."""
    keys = [_keys(predictions) for predictions in (one, other)]
    shared = set(keys[0]) & set(keys[1])
    if len(shared) == len(one) == len(other):
        return one, other
    kept = [np.array([key in shared for key in part], dtype=bool) for part in keys]
    return one.take(kept[0]), other.take(kept[1])


def _keys(predictions: Predictions) -> list[tuple[int, str]]:
    return list(zip(predictions.repeat.tolist(), predictions.recording_ids.tolist(), strict=True))


def _corrected(pairs: Sequence[tuple[str, str, str, str, Difference]]) -> list[float]:
    """Return Holm's p-value of each pair within its target, metric and baseline."""
    families: dict[tuple[str, str, str], list[int]] = {}
    for place, (target, metric, _, against, _) in enumerate(pairs):
        families.setdefault((target, metric, against), []).append(place)
    found = [float("nan")] * len(pairs)
    for places in families.values():
        values = holm([pairs[place][4].p_value for place in places])
        for place, value in zip(places, values, strict=True):
            found[place] = float(value)
    return found


def best_single(rows: Sequence[MetricRow]) -> dict[str, str]:
    """Return per ``target.metric`` the single-modality model that scored best, clean.

    Chosen on the scored participants: the comparison then favours the single modality.
    """
    best: dict[str, MetricRow] = {}
    for row in rows:
        if row.model in SINGLE and (row.variant, row.group) == (CLEAN, ALL):
            key = f"{row.target}.{row.metric}"
            loss = ABOUT[row.metric].direction.loss
            if not np.isnan(row.value) and (
                key not in best or loss(row.value) < loss(best[key].value)
            ):
                best[key] = row
    return {key: row.model for key, row in best.items()}


def model_row(
    model: str, outcomes: Sequence[UnitOutcome], failures: Sequence[str], problem: str
) -> ModelRow:
    """Return what a model cost and what went wrong."""
    facts = [outcome.facts for outcome in outcomes]

    def mean(name: str) -> float:
        return float(np.mean([getattr(fact, name) for fact in facts])) if facts else float("nan")

    return ModelRow(
        model=model,
        n_fits=len(facts),
        n_failed=len(failures),
        problem=problem or (failures[0] if failures else ""),
        n_parameters=round(mean("n_parameters")) if facts else 0,
        fit_cpu_s=mean("fit_cpu_s"),
        predict_cpu_s=mean("predict_cpu_s"),
        peak_mb=max((fact.peak_mb for fact in facts), default=float("nan")),
    )


def _row(
    model: str,
    target: Target,
    variant: str,
    group: str,
    metric: str,
    estimate: Estimate | None,
    n_participants: int,
    note: str,
) -> MetricRow:
    nothing = float("nan")
    return MetricRow(
        model=model,
        target=target.name,
        variant=variant,
        group=group,
        metric=metric,
        value=estimate.mean if estimate else nothing,
        sd=estimate.sd if estimate else nothing,
        low=estimate.low if estimate else nothing,
        high=estimate.high if estimate else nothing,
        n_participants=n_participants,
        n_repeats=estimate.n_repeats if estimate else 0,
        note=note,
    )
