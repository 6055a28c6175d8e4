"""clinic simulate: write a cohort of simulated interviews, or of feature tables, with its truth."""

from pathlib import Path

import click
from omegaconf import DictConfig

from clinic.config import build
from clinic.errors import SetupError


def run(config: DictConfig) -> int:
    """Write the cohort and return the exit code.

    Raises:
        SetupError: Settings do not fit, or the folder cannot be written.
    """
    levels = {"media": _media, "features": _features}
    if config.level not in levels:
        raise SetupError(f"level {config.level}, media or features needed (level)")
    click.echo(levels[config.level](config, Path(config.out)))
    return 0


def _media(config: DictConfig, out: Path) -> str:
    """Render interviews."""
    from clinic.simulate import CohortWriter

    writer = CohortWriter(
        simulator=build(config.interview),
        n_participants=config.n_participants,
        workers=config.workers,
    )
    n_new = writer.write(out, lambda words: click.echo(words, err=True))
    return f"{n_new} interviews rendered, {config.n_participants - n_new} kept, in {out}"


def _features(config: DictConfig, out: Path) -> str:
    """Write a feature store and its labels."""
    from clinic.io.store import write_case
    from clinic.simulate import write_labels

    cases, references = build(config.features).draw(config.n_participants, config.seed)
    for case in cases:
        folder = out / "store" / case.recording_id
        folder.mkdir(parents=True, exist_ok=True)
        write_case(folder, case)
    write_labels(out, references)
    return f"{len(cases)} simulated cases in {out / 'store'}"
