"""Made-up data of the studies' layouts, and the command that runs them."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main

LETTERS = "ADFHNS"
#: Small enough for a second, large enough that every part has something to count.
SMALL = ("studies.votes.n_draws=30", "studies.votes.n_splits=2", "studies.votes.n_folds=3")


def made_up_votes(*, n_actors: int = 12, n_clips: int = 20, n_raters: int = 10) -> list[list[str]]:
    """Rows of ``tabulatedVotes.csv``: voice and face each lean to an emotion of their own."""
    generator = np.random.default_rng(3)
    rows = []
    for number in range(n_actors * n_clips):
        clip = f"{1001 + number // n_clips}_IEO_{number % n_clips:03d}"
        leanings = generator.integers(6, size=2)
        if number % 2:
            leanings[1] = leanings[0]
        mixed = (*leanings, leanings[number % 2])
        for kind, leaning in zip("123", mixed, strict=True):
            chances = np.full(6, 0.06) + 0.64 * (np.arange(6) == leaning)
            votes = generator.multinomial(n_raters, chances / chances.sum())
            rows.append([f"{kind}{number:05d}", *map(str, votes), clip, str(n_raters)])
    return rows


@pytest.fixture
def votes_rows() -> list[list[str]]:
    """Rows of a made-up ``tabulatedVotes.csv``, to be spoilt."""
    return made_up_votes()


@pytest.fixture
def write_votes() -> Callable[..., Path]:
    """Write a folder laid out as CREMA-D's ratings."""

    def write(data: Path, rows: list[list[str]] | None = None) -> Path:
        path = data / "cremad_ratings" / "processedResults" / "tabulatedVotes.csv"
        path.parent.mkdir(parents=True)
        with path.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["", *LETTERS, "fileName", "numResponses"])
            writer.writerows(made_up_votes() if rows is None else rows)
        return path

    return write


@pytest.fixture
def validate() -> Callable[..., Result]:
    """Run ``clinic validate affect`` on a data folder, small."""

    def run(data: Path, out: Path, *overrides: str) -> Result:
        words = ["validate", "affect", "--data", str(data), "--out", str(out), *SMALL, *overrides]
        return CliRunner().invoke(main, words)

    return run
