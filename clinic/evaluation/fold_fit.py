"""One fit: weights on training, choices on validation, calibration on calibration participants."""

from collections.abc import Mapping, Sequence

from clinic.calibration import Calibration, CalibrationFitter, CalibrationSubject
from clinic.fusion import (
    FusionRecipe,
    ModelIdentity,
    ParticipantSplit,
    TrainedModel,
    segment_labels,
    train,
)
from clinic.fusion.base import TrainerFactory
from clinic.records import Case, Reference, Scale


def fit_and_calibrate(
    recipe: FusionRecipe,
    split: ParticipantSplit,
    cases: Sequence[Case],
    references: Mapping[str, Reference],
    *,
    scales: Sequence[Scale],
    fitter: CalibrationFitter,
    trainer: TrainerFactory,
    identity: ModelIdentity,
    seed: int,
) -> tuple[TrainedModel, Calibration]:
    """Return a model and its calibration; cases of the test participants are not looked at.

    Args:
        references: By recording id.

    Raises:
        SetupError: Too few participants in a role.
    """
    model = train(
        cases,
        tuple(references.values()),
        recipe=recipe,
        scales=scales,
        split=split,
        trainer=trainer,
        seed=seed,
        identity=identity,
    )
    assert not model.trained_on & (split.calibration | split.test), "a participant twice"
    calibrating = [case for case in cases if case.participant_id in split.calibration]
    subjects = [
        CalibrationSubject(
            raw=raw,
            case=case,
            reference=references[case.recording_id],
            shown=segment_labels(case, references[case.recording_id]),
        )
        for case, raw in zip(calibrating, model.estimates(calibrating), strict=True)
    ]
    calibration = fitter.fit(
        subjects,
        training_cases=[c for c in cases if c.participant_id in split.training],
        tables=[block.table for block in model.layout.blocks],
    )
    return model, calibration
