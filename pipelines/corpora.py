"""A corpus on its way into an evaluation: imported, extracted where it has media, merged."""

import shutil
from pathlib import Path

import click
from omegaconf import DictConfig, OmegaConf

from clinic.config import build, compose
from clinic.errors import SetupError

COMPLETE = "findings.csv"
EXTRACTED = "extracted"


def imported(name: str, part: DictConfig, folder: Path, *, workers: int) -> Path:
    """Import one corpus unless it is there already; return the folder that holds it.

    Args:
        part: ``reader`` (a choice of ``data``), ``root``, ``source`` (shipped, media or both),
            ``features`` (choices of ``features`` extracted from media; empty = none) and
            ``overrides`` (settings of that extraction, as on a command line).
        workers: Processes of the extraction; 0 works in this one.

    Raises:
        SetupError: No root, or nothing could be imported.
    """
    if not part.root or not Path(part.root).is_dir():
        raise SetupError(f"no folder of {name}: give it (source, or corpora.{name}.root)")
    if not (folder / COMPLETE).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        _import(part, folder)
    if part.features and (folder / "manifest.csv").is_file():
        _extract(part, folder, workers)
    return folder


def _import(part: DictConfig, folder: Path) -> None:
    settings = compose(
        "data", [f"source={part.source}"], values={"path": str(part.root), "out": str(folder)}
    )
    reading = build(part.reader).read(Path(part.root))
    importer = build(settings.importer)
    done = importer.write(reading, folder, lambda words: click.echo(words, err=True))
    for recording_id, message in done.failed:
        click.echo(f"{recording_id}: {message}", err=True)


def _extract(part: DictConfig, folder: Path, workers: int) -> None:
    """Extract our own features from the imported media, and put the shipped ones beside them."""
    from clinic.datasets.merging import merge_stores
    from pipelines import extract

    store, shipped = folder / "store", folder / "shipped"
    if (folder / EXTRACTED).is_file():
        return
    if store.is_dir() and not shipped.is_dir():
        store.rename(shipped)
    choices = ",".join(OmegaConf.to_container(part.features))  # type: ignore[arg-type]
    settings = compose(
        "extract",
        [f"features=[{choices}]", *part.get("overrides", [])],
        values={
            "input": str(folder / "manifest.csv"),
            "out": str(store),
            "workers": workers,
        },
    )
    extract.run(settings)
    if shipped.is_dir():
        for recording_id, reason in merge_stores(store, shipped):
            click.echo(f"{recording_id}: {reason}", err=True)
    (folder / EXTRACTED).touch()
