"""What an evaluation compares: something that can be fitted on a fold and asked about others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.calibration import Calibration, CalibrationFitter
from clinic.evaluation.fold_fit import fit_and_calibrate
from clinic.evaluation.predictions import Predictions
from clinic.evaluation.study.data import StudyData, reference_value
from clinic.evaluation.target import Target
from clinic.fusion import (
    FusionRecipe,
    ModelIdentity,
    ParticipantSplit,
    TrainedModel,
    segment_labels,
)
from clinic.fusion.base import TrainerFactory
from clinic.records import Case, Scale, SeverityEstimate

#: A contender is never shipped: nobody reads this identity.
IDENTITY = ModelIdentity(name="fold", version="0", trained_on="", banner="", licence="MIT")


class Fitted(Protocol):
    """A contender after fitting."""

    @property
    def n_parameters(self) -> int:
        """Numbers that were learned."""
        ...

    def predict(self, cases: Sequence[Case], data: StudyData) -> Mapping[str, Predictions]:
        """Return settled estimates per target, for recordings that have a reference."""
        ...


class Contender(Protocol):
    """A model choice that can be fitted on one fold."""

    def missing_tables(self, present: frozenset[str]) -> tuple[str, ...]:
        """Return the feature tables that it reads and the data lack."""
        ...

    def fit(self, data: StudyData, split: ParticipantSplit, *, seed: int) -> Fitted:
        """Fit, choose and calibrate without a look at the test participants."""
        ...


@dataclass(frozen=True, kw_only=True)
class FusionContender:
    """A choice of ``conf/fusion`` with its calibration."""

    recipe: FusionRecipe
    scales: Sequence[Scale]
    fitter: CalibrationFitter
    trainer: TrainerFactory

    def missing_tables(self, present: frozenset[str]) -> tuple[str, ...]:
        """Return the feature tables that it reads and the data lack."""
        wanted = [name for names in self.recipe.tables.values() for name in names]
        return tuple(name for name in wanted if name not in present)

    def fit(self, data: StudyData, split: ParticipantSplit, *, seed: int) -> Fitted:
        """Fit, choose and calibrate without a look at the test participants."""
        # The test participants' cases are not even handed over.
        open_to = data.of_people(split.training | split.validation | split.calibration)
        model, calibration = fit_and_calibrate(
            self.recipe,
            split,
            open_to,
            data.references,
            scales=self.scales,
            fitter=self.fitter,
            trainer=self.trainer,
            identity=IDENTITY,
            seed=seed,
        )
        return FittedFusion(model=model, calibration=calibration)


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedFusion:
    """A fitted fusion model with its calibration."""

    model: TrainedModel
    calibration: Calibration

    @property
    def n_parameters(self) -> int:
        """Weights; of a model without any, the numbers that it keeps (trees are not counted)."""
        network = self.model.network
        kept = list(network.parameters()) or [
            value for value in network.state_dict().values() if value.is_floating_point()
        ]
        return sum(value.numel() for value in kept)

    def predict(self, cases: Sequence[Case], data: StudyData) -> Mapping[str, Predictions]:
        """Return settled estimates per target, for recordings that have a reference."""
        raws = self.model.estimates(cases)
        settled = [
            [self.calibration.settle(raw, case) for raw in row]
            for row, case in zip(raws, cases, strict=True)
        ]
        found: dict[str, Predictions] = {}
        for place, scale in enumerate(self.model.scales):
            target = Target.of_scale(scale)
            values = np.array(
                [reference_value(data.references[c.recording_id], target) for c in cases]
            )
            known = np.flatnonzero(~np.isnan(values))
            found[target.name] = predictions_of(
                target,
                [cases[i] for i in known],
                [settled[i][place] for i in known],
                values[known],
            )
            if scale.is_rating:
                own = [row[place] for row in settled]
                found |= segment_predictions(Target.of_segments(scale), cases, own, data)
        return found


def segment_predictions(
    target: Target,
    cases: Sequence[Case],
    estimates: Sequence[SeverityEstimate],
    data: StudyData,
) -> dict[str, Predictions]:
    """Put estimates per segment beside what raters saw; empty where nobody rated segments.

    A row is one segment, named after its recording and its place in it. Segments that nobody
    rated, or of which there is no estimate, have no row.
    """
    names, people, shown, said = [], [], [], []
    for case, estimate in zip(cases, estimates, strict=True):
        labels = segment_labels(case, data.references[case.recording_id])
        moments = {moment.start_s: moment.probability for moment in estimate.moments}
        for segment, label in zip(case.segments, labels, strict=True):
            if not np.isnan(label) and segment.start_s in moments:
                names.append(f"{case.recording_id}#{segment.index}")
                people.append(case.participant_id)
                shown.append(float(label))
                said.append(moments[segment.start_s])
    if not names:
        return {}
    yes, nothing = np.array(said), np.full(len(names), np.nan)
    return {
        target.name: Predictions(
            target=target,
            recording_ids=np.array(names, dtype=np.str_),
            participant_ids=np.array(people, dtype=np.str_),
            reference=np.array(shown),
            probabilities=np.stack([1 - yes, yes], axis=1),
            score=nothing,
            low=nothing,
            high=nothing,
            plausible=np.ones((len(names), 2), dtype=bool),
            fold=np.zeros(len(names), dtype=np.intp),
            repeat=np.zeros(len(names), dtype=np.intp),
        )
    }


def predictions_of(
    target: Target,
    cases: Sequence[Case],
    estimates: Sequence[SeverityEstimate],
    reference: NDArray[np.float64],
) -> Predictions:
    """Put settled estimates of one target beside their references."""
    n, nothing = len(cases), float("nan")
    plausible = np.zeros((n, target.n_classes), dtype=bool)
    for row, estimate in enumerate(estimates):
        plausible[row, list(estimate.plausible_bands)] = True
    return Predictions(
        target=target,
        recording_ids=np.array([case.recording_id for case in cases], dtype=np.str_),
        participant_ids=np.array([case.participant_id for case in cases], dtype=np.str_),
        reference=np.asarray(reference, dtype=np.float64),
        probabilities=np.array([e.probabilities for e in estimates]).reshape(n, target.n_classes),
        score=np.array([nothing if e.score is None else e.score for e in estimates]),
        low=np.array([e.interval[0] if e.interval else nothing for e in estimates]),
        high=np.array([e.interval[1] if e.interval else nothing for e in estimates]),
        plausible=plausible,
        fold=np.zeros(n, dtype=np.intp),
        repeat=np.zeros(n, dtype=np.intp),
    )
