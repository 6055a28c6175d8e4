"""One small simulated cohort, screened once, for every test of the whole."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main

Command = Callable[..., Result]


@pytest.fixture(scope="session")
def clinic_command() -> Command:
    """Run ``clinic`` in this process with arguments given as anything that has a text."""

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return call


@pytest.fixture(scope="session")
def interviews(tmp_path_factory: pytest.TempPathFactory, clinic_command: Command) -> Path:
    """Two short interviews with media, transcripts, labels and truth."""
    folder = tmp_path_factory.mktemp("interviews")
    options: Sequence[object] = ("--participants", 2, "--seed", 5, "--workers", 0)
    done = clinic_command(
        "simulate", "--out", folder, *options, "interview.n_topics=6", "media.frame_rate_hz=10"
    )
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="session")
def screened(
    tmp_path_factory: pytest.TempPathFactory, clinic_command: Command, interviews: Path
) -> Path:
    """The two interviews screened by the shipped model, everything written."""
    out = tmp_path_factory.mktemp("screened") / "out"
    done = clinic_command("screen", interviews, "--out", out, "--workers", 0)
    assert done.exit_code == 0, done.output
    return out
