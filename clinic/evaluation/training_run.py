"""One training from start to finish: folds, baseline, final fit, calibration, held-out test.

This is assembly: it knows fusion and calibration, which do not know each other. Whoever is
scored has trained nothing, chosen nothing and calibrated nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from clinic.calibration import Calibration, CalibrationFitter
from clinic.evaluation.fold_fit import fit_and_calibrate
from clinic.evaluation.scoring import Scored, floor_of, intervals_of, score_targets, scored_of
from clinic.fusion import (
    FusionRecipe,
    ModelIdentity,
    ParticipantSplit,
    SplitPlan,
    TrainedModel,
    segment_labels,
    strata_of,
)
from clinic.fusion.base import TrainerFactory
from clinic.records import Case, Reference, Scale

#: Called with words for a progress line, such as ``fold 2 of 5: conflict_aware``.
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """What one model choice scored on participants kept apart.

    Args:
        folds: Metrics of each fold, ``condition.metric``.
        pooled: Metrics over all folds' participants together.
        intervals: 95 % bootstrap intervals of ``pooled``, over participants.
        scored: The estimates themselves, with pseudonyms; not written anywhere.
    """

    folds: tuple[Mapping[str, float], ...]
    pooled: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    scored: tuple[Scored, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingOutcome:
    """A calibrated model with everything that was measured on the way.

    Args:
        cross_validated: Per model choice (``fusion`` and ``baseline``); empty without folds.
        test: The final model on the test participants; None where none were set apart.
        sizes: Participants by role in the final fit.
    """

    model: TrainedModel
    calibration: Calibration
    cross_validated: Mapping[str, Evaluation]
    test: Evaluation | None
    floor: Mapping[str, float]
    sizes: Mapping[str, int]
    seed: int


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """Settings of a training.

    Args:
        recipes: Model choices to compare on the same folds; ``fusion`` is the one kept.
        scales: Of all targets; participants are shared out by the bands of the first.
    """

    recipes: Mapping[str, FusionRecipe]
    scales: Sequence[Scale]
    fitter: CalibrationFitter
    plan: SplitPlan
    trainer: TrainerFactory
    identity: ModelIdentity
    seed: int
    n_draws: int = 1000

    def run(
        self, cases: Sequence[Case], references: Sequence[Reference], progress: Progress
    ) -> TrainingOutcome:
        """Train, calibrate and test."""
        by_recording = {reference.recording_id: reference for reference in references}
        people = {case.participant_id for case in cases}
        known = [r for r in references if r.participant_id in people]
        strata = strata_of(known, self.scales[0])
        folds = list(self.plan.folds(strata, self.seed))
        evaluations = {
            name: self._cross_validate(name, recipe, folds, cases, by_recording, progress)
            for name, recipe in self.recipes.items()
            if folds
        }
        split = self.plan.final(strata, self.seed)
        progress("final fit")
        model, calibration = self._fit(
            self.recipes["fusion"], split, cases, by_recording, self.seed
        )
        test = None
        floor: dict[str, float] = {}
        if split.test:
            scored = tuple(_scored(model, calibration, split, cases, by_recording))
            test = self._evaluation([scored])
            training = [r for r in known if r.participant_id in split.training]
            floor = floor_of(training, scored, self.scales)
        return TrainingOutcome(
            model=model,
            calibration=calibration,
            cross_validated=evaluations,
            test=test,
            floor=floor,
            sizes={
                role: len(getattr(split, role))
                for role in ("training", "validation", "calibration", "test")
            },
            seed=self.seed,
        )

    def _cross_validate(
        self,
        name: str,
        recipe: FusionRecipe,
        folds: Sequence[ParticipantSplit],
        cases: Sequence[Case],
        references: Mapping[str, Reference],
        progress: Progress,
    ) -> Evaluation:
        parts = []
        for number, split in enumerate(folds):
            progress(f"fold {number + 1} of {len(folds)}: {name}")
            model, calibration = self._fit(
                recipe, split, cases, references, self.seed + 17 * (number + 1)
            )
            parts.append(tuple(_scored(model, calibration, split, cases, references)))
        return self._evaluation(parts)

    def _fit(
        self,
        recipe: FusionRecipe,
        split: ParticipantSplit,
        cases: Sequence[Case],
        references: Mapping[str, Reference],
        seed: int,
    ) -> tuple[TrainedModel, Calibration]:
        return fit_and_calibrate(
            recipe,
            split,
            cases,
            references,
            scales=self.scales,
            fitter=self.fitter,
            trainer=self.trainer,
            identity=self.identity,
            seed=seed,
        )

    def _evaluation(self, parts: Sequence[tuple[Scored, ...]]) -> Evaluation:
        scored = tuple(item for part in parts for item in part)
        return Evaluation(
            folds=tuple(score_targets(part, self.scales) for part in parts),
            pooled=score_targets(scored, self.scales),
            intervals=intervals_of(scored, self.scales, seed=self.seed, n_draws=self.n_draws),
            scored=scored,
        )


def _scored(
    model: TrainedModel,
    calibration: Calibration,
    split: ParticipantSplit,
    cases: Sequence[Case],
    references: Mapping[str, Reference],
) -> Iterator[Scored]:
    for case in cases:
        if case.participant_id in split.test:
            reference = references[case.recording_id]
            yield scored_of(
                case,
                reference,
                [calibration.settle(raw, case) for raw in model.estimate(case)],
                segment_labels(case, reference),
            )
