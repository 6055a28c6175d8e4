"""clinic simulate: write a cohort of simulated interviews with known truth."""

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
    from clinic.simulate import CohortWriter, InterviewSimulator

    if config.level != "media":
        raise SetupError(f"level {config.level}: media or features needed (level)")
    simulator = InterviewSimulator(
        seed=config.seed,
        n_topics=config.n_topics,
        population=build(config.population),
        effects={str(name): build(config.effects[name]) for name in config.effects},
        voices={str(sex): tuple(config.voices[sex]) for sex in config.voices},
        speaking=build(config.speaking),
        conflicts=build(config.conflicts),
        media=build(config.media),
        au_gain=config.au_gain,
    )
    writer = CohortWriter(
        simulator=simulator, n_participants=config.n_participants, workers=config.workers
    )
    n_rendered = writer.write(Path(config.out), lambda words: click.echo(words, err=True))
    n_kept = config.n_participants - n_rendered
    click.echo(f"{n_rendered} interviews rendered, {n_kept} kept, in {config.out}")
    return 0
