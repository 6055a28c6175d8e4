"""clinic train: a feature store and a label table in; a calibrated model folder out."""

from pathlib import Path

import click
from omegaconf import DictConfig

from clinic.config import build, build_list
from clinic.errors import SetupError


def run(config: DictConfig) -> int:
    """Train, calibrate, test and write the model folder; return the exit code.

    Raises:
        SetupError: Settings, store or labels do not allow a training.
    """
    from clinic.evaluation import TrainingRun, model_card
    from clinic.fusion import write_model_folder
    from clinic.fusion.folder import kept_settings, tracked_settings
    from clinic.io.store import read_references, read_store

    moments = Path(config.moments) if config.moments else None
    references = read_references(Path(config.labels), moments, scales=build_list(config.scales))
    labelled = {reference.recording_id for reference in references}
    cases = [case for case in read_store(Path(config.store)) if case.recording_id in labelled]
    if not cases:
        raise SetupError("no recording of the store has a label: compare recording_id (labels)")
    tracking = build(config.tracking)
    training = TrainingRun(
        recipes={"fusion": build(config.fusion), "baseline": build(config.baseline)},
        scales=build_list(config.scales),
        fitter=build(config.calibration),
        plan=build(config.splits),
        trainer=build(config.trainer),
        identity=build(config.identity),
        seed=config.seed,
    )
    outcome = training.run(cases, references, lambda words: click.echo(words, err=True))
    folder, settings = Path(config.out), kept_settings(config)
    texts = {
        "calibration.json": outcome.calibration.to_json(),
        "card.md": model_card(outcome),
    }
    write_model_folder(folder, outcome.model, settings, texts)
    tracking.log_training(outcome, folder, tracked_settings(settings))
    click.echo(f"model {outcome.model.summary.name}: {len(cases)} recordings, {folder.name}")
    return 0
