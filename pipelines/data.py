"""``clinic data``: a corpus' folder looked over, or imported as our own."""

from collections.abc import Sequence
from pathlib import Path

import click
from omegaconf import DictConfig

from clinic.config import build, compose
from clinic.datasets.corpus import CorpusReading, Finding
from clinic.datasets.guessing import guess
from clinic.datasets.label_files import SERIOUS
from clinic.errors import SetupError
from pipelines.data_view import show_counts, show_findings

SOME_MISSING = 1


def check(config: DictConfig) -> int:
    """Print what was found; return 0 as published, 1 where something is missing.

    Raises:
        SetupError: The folder cannot be read as the corpus.
    """
    reading = _read(config)
    show_counts(reading)
    show_findings(reading.findings, n_shown=int(config.n_shown))
    return SOME_MISSING if _serious(reading.findings) else 0


def run_import(config: DictConfig) -> int:
    """Import; return 0, or 1 where some recordings failed.

    Raises:
        SetupError: The folder cannot be read, or nothing could be imported.
    """
    if not config.out:
        raise SetupError("no folder to write to (out)")
    reading = _read(config)
    importer = build(config.importer)
    imported = importer.write(reading, Path(config.out), lambda words: click.echo(words, err=True))
    for recording_id, message in imported.failed:
        click.echo(f"{recording_id}: {message}", err=True)
    click.echo(
        f"{reading.corpus}: {imported.n_cases} recordings with features, {imported.n_media} with "
        f"media, {len(imported.failed)} failed, {len(imported.findings)} findings, "
        f"{Path(config.out).name}"
    )
    return SOME_MISSING if imported.failed else 0


def _read(config: DictConfig) -> CorpusReading:
    """Read the folder with the corpus named, or with the one that it looks like."""
    root = Path(config.path)
    if not root.is_dir():
        raise SetupError("the corpus is no folder (path)")
    chosen = config.get("data")
    if chosen is None:
        name = guess(root)
        click.echo(f"the folder looks like {name} (data={name})", err=True)
        chosen = compose("data", [f"data={name}"], values={"path": str(root)}).data
    corpus = build(chosen)
    try:
        reading: CorpusReading = corpus.read(root)
    except OSError as error:
        raise SetupError(f"the folder cannot be read: {error.strerror} (path)") from error
    return reading


def _serious(findings: Sequence[Finding]) -> bool:
    return any(found.kind in SERIOUS for found in findings)
