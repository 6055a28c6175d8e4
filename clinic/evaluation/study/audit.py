"""The leakage audit of an evaluation: its table and split, one of its fits, and its metrics."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.errors import ClinicError
from clinic.evaluation import metrics
from clinic.evaluation.audit import (
    AuditLabels,
    AuditReport,
    LeakageAudit,
    audit_fit,
    folds_of_participants,
    joined,
    labels_of,
    metric_table,
    table_of_cases,
)
from clinic.evaluation.audit.check import not_possible
from clinic.evaluation.study.contender import Contender
from clinic.evaluation.study.data import METADATA, StudyData, reference_value
from clinic.evaluation.study.split_file import ROLES, SplitFile
from clinic.evaluation.target import Target, TargetKind
from clinic.fusion import ParticipantSplit
from clinic.records import Case, Reference

#: Metrics of classes that tables show. With shuffled answers as frequent as the true ones both
#: score 1 / n_classes on average.
METRICS = (("balanced accuracy", metrics.balanced_accuracy), ("macro-F1", metrics.macro_f1))


@dataclass(frozen=True, kw_only=True)
class StudyAudit:
    """Audits what was evaluated, in the way it was evaluated.

    Args:
        audit: Settings of the checks of table and split.
        targets: Whose labels are permuted.
        sealed_models: Models whose fit is run again with other scored people.
        aliases: Pairs of participant ids that are one person.
        seed: Of the fits.
    """

    audit: LeakageAudit
    targets: Sequence[Target]
    sealed_models: Sequence[str]
    aliases: Sequence[tuple[str, str]]
    seed: int

    def __call__(
        self, data: StudyData, split: SplitFile, contenders: Mapping[str, Contender]
    ) -> Mapping[str, Any]:
        """Return the content of ``audit.json``."""
        return dict(json.loads(self.report(data, split, contenders).to_json()))

    def report(
        self, data: StudyData, split: SplitFile, contenders: Mapping[str, Contender]
    ) -> AuditReport:
        """Make every check; folds of the first repeat stand for all."""
        folds = [fold.split for fold in split.folds if fold.repeat == split.folds[0].repeat]
        reports = [self._table(data, folds, split.name)]
        reports += [
            sealed(contenders[name], name, data, folds[0], seed=self.seed)
            for name in self.sealed_models
            if name in contenders
        ]
        for target in self.targets:
            chance = 1 / target.n_classes
            checked = [
                (f"{name}, {target.title}", metric, chance, False) for name, metric in METRICS
            ]
            reports += metric_table(checked, target.n_classes)
        return joined(split.name, reports)

    def _table(
        self, data: StudyData, folds: Sequence[ParticipantSplit], subject: str
    ) -> AuditReport:
        # Lengths and attributes are metadata of the audit, not features of a model.
        cases = [
            replace(case, tables=tuple(t for t in case.tables if t.name != METADATA))
            for case in data.cases
        ]
        table = table_of_cases(cases, data.references, (), aliases=self.aliases)
        labels = [found for t in self.targets if (found := _labels(t, data)) is not None]
        roles = [{role: sorted(getattr(fold, role)) for role in ROLES} for fold in folds]
        # An attribute that is the target itself is no shortcut to it.
        asked = {target.name for target in self.targets}
        metadata = {name: v for name, v in table.metadata.items() if name not in asked}
        return self.audit.run(
            replace(table, labels=tuple(labels), metadata=metadata),
            folds_of_participants(table.participant_ids.tolist(), roles),
            subject=subject,
        )


def sealed(
    contender: Contender, name: str, data: StudyData, split: ParticipantSplit, *, seed: int
) -> AuditReport:
    """Change the scored people of one fold and require that what is fitted stays as it was."""

    def fit_and_estimate(
        cases: Sequence[Case], references: Mapping[str, Reference], asked: Sequence[Case]
    ) -> NDArray[np.float64]:
        given = StudyData(cases=tuple(cases), references=references)
        predicted = contender.fit(given, split, seed=seed).predict(asked, given)
        found = [p for p in predicted.values() if p.target.kind is not TargetKind.SEGMENTS]
        columns = [predictions.probabilities for predictions in found]
        columns += [np.nan_to_num(predictions.score)[:, None] for predictions in found]
        return np.concatenate(columns, axis=1)

    try:
        return audit_fit(
            fit_and_estimate, split, data.cases, data.references, subject=name, seed=seed
        )
    except ClinicError as error:
        # A model that cannot be fitted costs this check, not the evaluation of the others.
        check = not_possible(f"sealed fold ({name})", str(error))
        return AuditReport(subject=name, checks=(check,), sizes={})


def _labels(target: Target, data: StudyData) -> AuditLabels | None:
    """Return a target as the audit reads it; None where fewer than two values occur."""
    values = [reference_value(data.references[case.recording_id], target) for case in data.cases]
    known = {value for value in values if not np.isnan(value)}
    if len(known) < 2:
        return None
    shown = [None if np.isnan(value) else value for value in values]
    return labels_of(target.name, shown, nominal=target.kind is TargetKind.CLASSES)
