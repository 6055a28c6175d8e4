"""Exports for other tools, as the settings of ``conf/peers.yaml`` want them."""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import numpy as np
from omegaconf import DictConfig

from clinic.config import build_list
from clinic.datasets.peers import abaw_export as abaw
from clinic.datasets.peers.mmsa_export import mmsa_content
from clinic.datasets.peers.plain_pickle import write_plain_pickle
from clinic.errors import SetupError
from clinic.evaluation.study.split_file import SplitFile
from clinic.io.atomic import write_text
from clinic.io.store import read_references, read_store
from clinic.records import Case

#: Roles of a split -> parts of MMSA. MMSA has no calibration: these people train.
_PARTS = {"training": "train", "calibration": "train", "validation": "valid", "test": "test"}


def export_mmsa(config: DictConfig, out: Path) -> None:
    labels, split = (
        _beside(config, n, f) for n, f in (("labels", "labels.csv"), ("split", "split.json"))
    )
    references = read_references(labels, scales=build_list(config.scales))
    fold = SplitFile.read(split).folds[0].split
    made = mmsa_content(
        list(_cases(config)),
        {reference.recording_id: reference for reference in references},
        {person: part for role, part in _PARTS.items() for person in getattr(fold, role)},
        target=config.mmsa.target,
    )
    write_plain_pickle(out / "features.pkl", made.content)
    for note in made.notes:
        click.echo(note, err=True)
    sizes = ", ".join(f"{name} {len(part['id'])}" for name, part in made.content.items())
    click.echo(f"mmsa: {sizes}, {out.name}/features.pkl")


def export_abaw(config: DictConfig, out: Path) -> None:
    """Write the files of one challenge.

    Raises:
        SetupError: The store lacks the table, or predictions are missing or no numbers.
        DataError: A value cannot be.
    """
    settings = config.abaw
    if settings.task == "ah_video":
        shown = [(name, value) for name, _, _, value in _predictions(settings)]
        text = abaw.ah_video_file(shown, present_from=settings.present_from)
        write_text(out / "predictions.txt", text)
        click.echo(f"abaw ah_video: {len(shown)} videos, {out.name}/predictions.txt")
        return
    layout = abaw.AbawFormat(
        task=settings.task, layout=settings.layout, present_from=settings.present_from
    )
    n_frames = _frame_counts(settings)
    predictions = list(_predictions(settings)) if settings.task == "ah" else []
    videos = []
    for case in _cases(config):
        values, start_s, end_s = _stretches(case, settings, predictions)
        count = n_frames.get(case.recording_id)
        if count is None:
            if n_frames:
                raise SetupError(f"recording {case.recording_id} has no n_frames (frames)")
            count = math.ceil(max((s.end_s for s in case.segments), default=0.0) * settings.rate_hz)
        frames = abaw.per_frame(values, start_s, end_s, rate_hz=settings.rate_hz, n_frames=count)
        videos.append((case.recording_id, frames))
    if not videos:
        raise SetupError("the store is empty (store)")
    for name, text in layout.files(videos).items():
        write_text(out / name, text)
    if not n_frames:
        click.echo(
            "pictures counted by the last segment's end: check the number (frames)", err=True
        )
    click.echo(f"abaw {settings.task}: {len(videos)} videos, {out.name}")


def _stretches(
    case: Case, settings: DictConfig, predictions: list[tuple[str, float, float, float]]
) -> tuple[abaw.Floats, abaw.Floats, abaw.Floats]:
    """Return values with their starts and ends: rows of a table, or predictions of a video."""
    if settings.task != "ah":
        if settings.table not in [table.name for table in case.tables]:
            names = ", ".join(table.name for table in case.tables)
            raise SetupError(f"the store has no table {settings.table}: {names} (abaw.table)")
        table = case.table(settings.table)
        return abaw.values_of(table, settings.task), table.start_s, table.end_s
    rows = [row[1:] for row in predictions if row[0] == case.recording_id]
    found = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return found[:, 2:], found[:, 0], found[:, 1]


def _predictions(settings: DictConfig) -> Iterator[tuple[str, float, float, float]]:
    """Yield recording, start, end and A/H of each line; a line without times is a whole video."""
    for row in _rows(settings.predictions, "abaw.predictions", ("recording_id", "ambivalence")):
        try:
            start_s, end_s = float(row.get("start_s") or 0.0), float(row.get("end_s") or "inf")
            yield row["recording_id"], start_s, end_s, float(row["ambivalence"])
        except ValueError as error:
            raise SetupError(f"{row['recording_id']}: no number (abaw.predictions)") from error


def _frame_counts(settings: DictConfig) -> dict[str, int]:
    if not settings.frames:
        return {}
    rows = _rows(settings.frames, "abaw.frames", ("recording_id", "n_frames"))
    try:
        return {row["recording_id"]: int(row["n_frames"]) for row in rows}
    except ValueError as error:
        raise SetupError("n_frames is no whole number (abaw.frames)") from error


def _rows(path: str | None, setting: str, needed: tuple[str, ...]) -> list[Mapping[str, str]]:
    if not path:
        raise SetupError(f"a CSV with {', '.join(needed)} needed ({setting})")
    try:
        rows = list(csv.DictReader(io.StringIO(Path(path).read_text(encoding="utf-8-sig"))))
    except (OSError, ValueError, csv.Error) as error:
        raise SetupError(f"{Path(path).name} cannot be read ({setting})") from error
    if not rows or not set(needed) <= set(rows[0]):
        raise SetupError(f"{Path(path).name} has no line with {', '.join(needed)} ({setting})")
    return list(rows)


def _cases(config: DictConfig) -> Iterator[Case]:
    folder = Path(config.store)
    return read_store(folder / "store" if (folder / "store").is_dir() else folder)


def _beside(config: DictConfig, setting: str, name: str) -> Path:
    """Return the file that was given, or the one in the folder of an import."""
    path = Path(config[setting]) if config[setting] else Path(config.store) / name
    if not path.is_file():
        raise SetupError(f"no {name} in the store's folder: give one ({setting})")
    return path
