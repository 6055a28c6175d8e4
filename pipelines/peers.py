"""``clinic data import-features | export``: feature files of other tools, read and written."""

from dataclasses import replace
from pathlib import Path

import click
from omegaconf import DictConfig

from clinic.config import build, build_list
from clinic.datasets.corpus import CorpusReading
from clinic.datasets.peers.feature_folder import FeatureFolder
from clinic.datasets.peers.mmsa_steps import StepPooler
from clinic.errors import SetupError
from pipelines.peers_export import export_abaw, export_mmsa

SOME_FAILED = 1


def run_import(config: DictConfig) -> int:
    """Import; return 0, or 1 where some recordings failed or files were left out.

    Raises:
        SetupError: An unknown format, or nothing could be imported.
        DataError: A file of MMSA that holds anything but plain arrays.
    """
    out = _out(config)
    if config.format not in config.readers:
        raise SetupError(
            f"format {config.format}, one of {', '.join(config.readers)} needed (format)"
        )
    reader, importer = build(config.readers[config.format]), build(config.importer)
    if not isinstance(reader, FeatureFolder):
        importer = replace(importer, pooler=StepPooler(segmenter=importer.pooler.segmenter))
    try:
        reading = _reading(reader, config)
    except OSError as error:
        raise SetupError(f"the files cannot be read: {error.strerror} (path)") from error
    imported = importer.write(reading, out, lambda words: click.echo(words, err=True))
    for recording_id, message in imported.failed:
        click.echo(f"{recording_id}: {message}", err=True)
    passed_over = [f for f in reading.findings if f.kind in ("unreadable", "excluded")]
    for found in passed_over:
        click.echo(f"{found.subject}: {found.text}", err=True)
    click.echo(
        f"{reading.corpus}: {imported.n_cases} recordings with features, {len(imported.failed)} "
        f"failed, {len(imported.findings)} findings, {out.name}"
    )
    return SOME_FAILED if imported.failed or passed_over else 0


def _reading(reader: object, config: DictConfig) -> CorpusReading:
    path = Path(config.path)
    labels = Path(config.labels) if config.labels else None
    if isinstance(reader, FeatureFolder):
        return reader.read(path, labels=labels, scales=build_list(config.scales))
    if labels is not None:
        raise SetupError("an MMSA file holds its own labels: none can be given (labels)")
    reading: CorpusReading = reader.read(path)  # type: ignore[attr-defined]
    return reading


def run_export(config: DictConfig) -> int:
    """Export; return 0.

    Raises:
        SetupError: An unknown format, something needed is missing, or the folder is not empty.
        DataError: A case is damaged, or a value cannot be.
    """
    writers = {"mmsa": export_mmsa, "abaw": export_abaw}
    if config.format not in writers:
        raise SetupError(f"format {config.format}, one of {', '.join(writers)} needed (format)")
    out = _out(config)
    if out.is_dir() and any(out.iterdir()):
        raise SetupError("the folder is not empty: choose another (out)")
    writers[config.format](config, out)
    return 0


def _out(config: DictConfig) -> Path:
    if not config.out:
        raise SetupError("no folder to write to (out)")
    return Path(config.out)
