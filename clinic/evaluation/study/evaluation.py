"""One evaluation from models and people to everything that the report shows."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from clinic.errors import SetupError
from clinic.evaluation.predictions import Predictions, joined
from clinic.evaluation.study.collect import HEADLINE, Collector, best_single, model_row
from clinic.evaluation.study.contender import Contender
from clinic.evaluation.study.curves import curves_of
from clinic.evaluation.study.data import StudyData, reference_value
from clinic.evaluation.study.degradations import CLEAN, Degradations
from clinic.evaluation.study.groups import Levels
from clinic.evaluation.study.results import CurveRow, EvaluationResult, MetricRow, TargetFacts
from clinic.evaluation.study.runner import Progress, Study
from clinic.evaluation.study.split_file import SplitFile
from clinic.evaluation.study.unit import UnitOutcome
from clinic.evaluation.target import Target, TargetKind

UNITS = "fits"
#: Audits the data, the split and the procedure; returns the content of ``audit.json``.
Audit = Callable[[StudyData, SplitFile, Mapping[str, Contender]], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """What is compared, on whom, and how it is summed up.

    Args:
        contenders: Models by name, in the order of the report.
        settings: Of each model as text.
        levels: Per attribute, what gives the subgroup of a scored recording.
        coverage: Promised by intervals and sets.
        is_simulated: Whether any recording was simulated.
    """

    title: str
    contenders: Mapping[str, Contender]
    settings: Mapping[str, str]
    data: StudyData
    targets: Sequence[Target]
    split: SplitFile
    degradations: Degradations | None
    collector: Collector
    levels: Mapping[str, Levels]
    audit: Audit | None
    coverage: float
    is_simulated: bool
    seed: int

    def run(self, folder: Path, *, workers: int, progress: Progress) -> EvaluationResult:
        """Fit, score and sum up; finished fits in the folder are kept and not made again.

        Raises:
            SetupError: No model can be run at all.
        """
        started = time.monotonic()
        present = self.data.tables()
        lacking = {
            name: contender.missing_tables(present) for name, contender in self.contenders.items()
        }
        runnable = {n: c for n, c in self.contenders.items() if not lacking[n]}
        if not runnable:
            name, tables = next(iter(lacking.items()))
            raise SetupError(
                f"no model can be run: {name} reads {', '.join(tables)}, the data have "
                f"{', '.join(sorted(present))} (tables; experiment=simulated for feature cohorts)"
            )
        study = Study(
            contenders=runnable,
            settings=self.settings,
            data=self.data,
            split=self.split,
            degradations=self.degradations,
            seed=self.seed,
        )
        failures = study.run(folder / UNITS, workers=workers, progress=progress)
        outcomes = {name: list(study.outcomes(folder / UNITS, name)) for name in runnable}
        audit = None
        if self.audit is not None:
            progress("leakage audit")
            audit = self.audit(self.data, self.split, runnable)
        progress("metrics")
        rows, curves = self._sums(outcomes, workers)
        return self._result(
            outcomes, failures, lacking, audit, rows, curves, time.monotonic() - started
        )

    def _sums(
        self, outcomes: Mapping[str, Sequence[UnitOutcome]], workers: int
    ) -> tuple[list[MetricRow], list[CurveRow]]:
        """Return metrics and curves of every model, several models at a time."""
        if workers > 1:
            from joblib import Parallel, delayed

            parts = Parallel(n_jobs=workers)(
                delayed(self._sum)(name, units) for name, units in outcomes.items()
            )
        else:
            parts = [self._sum(name, units) for name, units in outcomes.items()]
        return (
            [row for rows, _ in parts for row in rows],
            [row for _, curves in parts for row in curves],
        )

    def _sum(
        self, name: str, units: Sequence[UnitOutcome]
    ) -> tuple[list[MetricRow], list[CurveRow]]:
        rows = list(self.collector.metrics(name, units, self.levels))
        curves: list[CurveRow] = []
        for found in clean_of(units).values():
            curves += curves_of(
                name, found, n_draws=self.collector.n_draws, seed=self.collector.seed
            )
        return rows, curves

    def _result(
        self,
        outcomes: Mapping[str, Sequence[UnitOutcome]],
        failures: Mapping[str, str],
        lacking: Mapping[str, Sequence[str]],
        audit: Mapping[str, Any] | None,
        rows: Sequence[MetricRow],
        curves: Sequence[CurveRow],
        wall_s: float,
    ) -> EvaluationResult:
        scored = {name: clean_of(units) for name, units in outcomes.items()}
        best = best_single(rows)
        return EvaluationResult(
            title=self.title,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            protocol=protocol_of(self.split, self.seed, self.collector.n_draws),
            split_name=self.split.name,
            split_sha256=self.split.sha256,
            n_folds=len(self.split.folds) // self.split.n_repeats,
            n_repeats=self.split.n_repeats,
            n_participants=len(self.data.participants),
            n_recordings=len(self.data.cases),
            coverage=self.coverage,
            tables=tuple(sorted(self.data.tables())),
            notes=(*self.data.notes, *self._split_notes(), *self._target_notes(outcomes)),
            is_simulated=self.is_simulated,
            targets=(
                *(
                    self._facts(t)
                    for t in self.targets
                    if any(t.name in s for s in scored.values())
                ),
                *segment_facts(scored),
            ),
            models=tuple(
                model_row(
                    name,
                    outcomes.get(name, []),
                    [words for unit, words in failures.items() if unit.startswith(f"{name}/")],
                    f"not run: the data have no table {', '.join(lacking[name])}"
                    if lacking[name]
                    else "",
                )
                for name in self.contenders
            ),
            metrics=tuple(rows),
            comparisons=self.collector.comparisons(scored, best),
            curves=tuple(curves),
            best_single=best,
            audit=audit,
            wall_s=wall_s,
        )

    def _estimated(self, scored: Mapping[str, Mapping[str, Predictions]]) -> Iterator[TargetFacts]:
        """Yield the targets that some model estimated."""
        for target in self.targets:
            if any(target.name in by_target for by_target in scored.values()):
                yield self._facts(target)

    def _facts(self, target: Target) -> TargetFacts:
        classes: dict[str, int] = {}
        for case in self.data.cases:
            value = reference_value(self.data.references[case.recording_id], target)
            if not np.isnan(value):
                band = int(target.class_of(np.array([value]))[0])
                classes[case.participant_id] = max(band, classes.get(case.participant_id, band))
        counts = np.bincount(list(classes.values()), minlength=target.n_classes)
        return TargetFacts(
            name=target.name,
            title=target.title,
            kind=str(target.kind),
            classes=target.classes,
            counts=tuple(int(count) for count in counts),
            headline=HEADLINE[target.kind],
        )

    def _split_notes(self) -> Iterator[str]:
        never = sorted(self.data.participants - self.split.participants)
        if never:
            yield (
                f"{len(never)} participants with features are in no fold, first {never[0]}: "
                "not used (split)"
            )
        absent = sorted(self.split.participants - self.data.participants)
        if absent:
            yield (
                f"{len(absent)} participants of the split have no features or no label, first "
                f"{absent[0]}: not scored (split)"
            )

    def _target_notes(self, outcomes: Mapping[str, Sequence[UnitOutcome]]) -> Iterator[str]:
        estimated = {t for units in outcomes.values() for u in units for t, _ in u.predictions}
        for target in self.targets:
            facts = self._facts(target)
            lacking = len(self.data.participants) - sum(facts.counts)
            if lacking and target.name in estimated:
                yield (
                    f"{lacking} of {len(self.data.participants)} participants have no "
                    f"{target.title}: neither trained on nor scored for it"
                )
            if target.name not in estimated:
                yield (
                    f"{target.title} was estimated by no model: too few references, or all the "
                    "same (labels)"
                )


def segment_facts(scored: Mapping[str, Mapping[str, Predictions]]) -> Iterator[TargetFacts]:
    """Yield the targets per segment that any model has, with the segments of either answer."""
    found = {
        name: predictions
        for by_target in scored.values()
        for name, predictions in by_target.items()
        if predictions.target.kind is TargetKind.SEGMENTS
    }
    for name, predictions in sorted(found.items()):
        first = predictions.take(predictions.repeat == predictions.repeat.min())
        counts = np.bincount(first.reference_class, minlength=first.target.n_classes)
        yield TargetFacts(
            name=name,
            title=first.target.title,
            kind=str(first.target.kind),
            classes=first.target.classes,
            counts=tuple(int(count) for count in counts),
            headline=HEADLINE[first.target.kind],
        )


def clean_of(outcomes: Sequence[UnitOutcome]) -> dict[str, Predictions]:
    """Return the clean predictions of one model by target, all folds and repeats together."""
    targets = {target for outcome in outcomes for target, _ in outcome.predictions}
    return {
        target: joined(
            [o.predictions[target, CLEAN] for o in outcomes if (target, CLEAN) in o.predictions]
        )
        for target in sorted(targets)
    }


def protocol_of(split: SplitFile, seed: int, n_draws: int) -> str:
    """Return the protocol in one paragraph: a number without it means nothing."""
    n_folds = len(split.folds) // split.n_repeats
    return (
        f"Split: {split.name} (SHA-256 {split.sha256[:16]}). {n_folds} folds in each of "
        f"{split.n_repeats} repeats with weights and calibration drawn anew (first seed {seed}). "
        "The unit is the participant: nobody has two roles in a fold. Everything that is fitted "
        "or chosen (scaling, weights, stopping, penalties, calibration, thresholds) comes from "
        "participants who are not scored. Numbers are means over repeats with standard "
        f"deviation; intervals are 95 % percentile intervals of {n_draws} bootstrap draws over "
        "participants."
    )


def with_settings(result: EvaluationResult, settings: Mapping[str, Any]) -> EvaluationResult:
    """Return the result with the settings that made it."""
    return replace(result, settings=settings)
