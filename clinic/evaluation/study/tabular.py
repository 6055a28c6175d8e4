"""Any scikit-learn classifier on pooled features, for targets of unordered classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.calibration.conformal import least_probability
from clinic.calibration.maps import ProbabilityMap, fit_map
from clinic.errors import SetupError
from clinic.evaluation.predictions import Predictions
from clinic.evaluation.study.data import StudyData, reference_value
from clinic.evaluation.target import Target
from clinic.fusion import ParticipantSplit
from clinic.records import Case

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TableContender:
    """A classifier on means over segments, calibrated on out-of-fold scores of other people.

    Everybody outside the test part trains; choices that other models make on validation
    participants are settings here.

    Args:
        classifier: Unfitted scikit-learn classifier with ``decision_function``.
        tables: Names of feature tables.
        by_participant: Whether features are centred and scaled within each participant. Uses
            all recordings of a person, scored ones too, but no label: a speaker's own baseline.
        n_inner: Inner folds, grouped by participant, for calibration.
        coverage: Of the conformal sets.
    """

    target: Target
    classifier: Any
    tables: Sequence[str]
    by_participant: bool
    n_inner: int
    coverage: float

    def missing_tables(self, present: frozenset[str]) -> tuple[str, ...]:
        """Return the feature tables that it reads and the data lack."""
        return tuple(name for name in self.tables if name not in present)

    def fit(self, data: StudyData, split: ParticipantSplit, *, seed: int) -> "FittedTable":
        """Fit on everybody outside the test part."""
        del seed
        cases = data.of_people(split.training | split.validation | split.calibration)
        labels = np.array(
            [reference_value(data.references[c.recording_id], self.target) for c in cases]
        )
        known = ~np.isnan(labels)
        people = np.array([case.participant_id for case in cases])[known]
        y = labels[known].astype(np.intp)
        x = self.rows(cases)[known]
        present = set(y.tolist())
        if len(present) < self.target.n_classes:
            lacking = [c for i, c in enumerate(self.target.classes) if i not in present]
            raise SetupError(
                f"{self.target.name}: nobody outside the test part shows {', '.join(lacking)}; "
                "fewer folds or fewer classes needed (splits.n_folds, targets)"
            )
        weights = np.ones(len(y))
        held_out = self._out_of_fold(x, y, people)
        map_ = fit_map("temperature", held_out, y, weights)
        settled = map_.apply(held_out)
        return FittedTable(
            contender=self,
            pipeline=self._pipeline().fit(x, y),
            map_=map_,
            least=least_probability(settled[np.arange(len(y)), y], coverage=self.coverage),
        )

    def rows(self, cases: Sequence[Case]) -> Floats:
        """Return pooled features, shape (n_cases, n_features), NaN where nothing was observed."""
        rows = np.stack(
            [np.concatenate([_mean(c.table(t).values) for t in self.tables]) for c in cases]
        )
        if not self.by_participant:
            return rows
        people = np.array([case.participant_id for case in cases])
        for person in set(people.tolist()):
            mine = people == person
            rows[mine] = _standardised(rows[mine])
        return rows

    def _pipeline(self) -> Any:
        from sklearn.base import clone
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        imputer = SimpleImputer(strategy="median", keep_empty_features=True)
        return make_pipeline(imputer, StandardScaler(), clone(self.classifier))

    def _out_of_fold(self, x: Floats, y: NDArray[np.intp], people: NDArray[np.str_]) -> Floats:
        from sklearn.model_selection import GroupKFold

        n_inner = min(self.n_inner, len(set(people.tolist())))
        if n_inner < 2:
            raise SetupError("1 participant outside the test part, 2 needed to calibrate (splits)")
        logs = np.zeros((len(y), self.target.n_classes))
        for fitted, scored in GroupKFold(n_inner).split(x, y, people):
            if len(set(y[fitted].tolist())) < self.target.n_classes:
                raise SetupError(
                    f"{self.target.name}: a class is known from one participant alone; fewer "
                    "inner folds needed (n_inner)"
                )
            logs[scored] = log_scores(self._pipeline().fit(x[fitted], y[fitted]), x[scored])
        return logs


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedTable:
    """A fitted classifier with its calibration."""

    contender: TableContender
    pipeline: Any
    map_: ProbabilityMap
    least: float

    @property
    def n_parameters(self) -> int:
        """Numbers that were learned: support vectors or coefficients of the classifier."""
        classifier = self.pipeline[-1]
        learned = [getattr(classifier, name, None) for name in ("coef_", "dual_coef_")]
        return int(sum(np.size(value) for value in learned if isinstance(value, np.ndarray)))

    def predict(self, cases: Sequence[Case], data: StudyData) -> Mapping[str, Predictions]:
        """Return calibrated class probabilities for recordings that have a reference."""
        target = self.contender.target
        values = np.array([reference_value(data.references[c.recording_id], target) for c in cases])
        known = np.flatnonzero(~np.isnan(values))
        chosen = [cases[i] for i in known]
        n, nothing = len(known), np.full(len(known), np.nan)
        x = self.contender.rows(cases)[known]
        probabilities = (
            self.map_.apply(log_scores(self.pipeline, x)) if n else np.zeros((0, target.n_classes))
        )
        plausible = probabilities >= self.least
        plausible[np.arange(n), probabilities.argmax(axis=1)] = True
        return {
            target.name: Predictions(
                target=target,
                recording_ids=np.array([case.recording_id for case in chosen], dtype=np.str_),
                participant_ids=np.array([case.participant_id for case in chosen], dtype=np.str_),
                reference=values[known],
                probabilities=probabilities,
                score=nothing,
                low=nothing,
                high=nothing,
                plausible=plausible,
                fold=np.zeros(n, dtype=np.intp),
                repeat=np.zeros(n, dtype=np.intp),
            )
        }


def log_scores(pipeline: Any, x: Floats) -> Floats:
    """Return log-probabilities from decision values, shape (n, n_classes)."""
    scores = np.asarray(pipeline.decision_function(x), dtype=np.float64)
    if scores.ndim == 1:
        scores = np.stack([-scores / 2, scores / 2], axis=1)
    highest = scores.max(axis=1, keepdims=True)
    total = np.log(np.exp(scores - highest).sum(axis=1, keepdims=True))
    return np.asarray(scores - highest - total)


def _mean(values: Floats) -> Floats:
    count = (~np.isnan(values)).sum(axis=0)
    total = np.nansum(values, axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _standardised(rows: Floats) -> Floats:
    count = (~np.isnan(rows)).sum(axis=0)
    mean = np.nansum(rows, axis=0) / np.maximum(count, 1)
    sd = np.sqrt(np.nansum((rows - mean) ** 2, axis=0) / np.maximum(count, 1))
    return np.asarray((rows - mean) / np.where(sd > 0, sd, 1.0))
