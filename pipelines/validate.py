"""clinic validate affect: readings of affect and their disagreement, measured against people."""

import time
from pathlib import Path
from typing import Any

import click
from omegaconf import DictConfig, OmegaConf

from clinic.config import build
from clinic.errors import ClinicError, SetupError
from clinic.io.atomic import write_text
from clinic.validation.pages.index import index_page
from clinic.validation.pages.page import FIGURES_FOLDER, figure_file, study_page
from clinic.validation.running import Outcome, run_study
from clinic.validation.running_record import (
    FAILED,
    RAN,
    StudyRecord,
    records_from_json,
    records_to_json,
)

RECORDS, INDEX = "affect.json", "README.md"
EXIT_SOME_MISSING, EXIT_NONE_RAN = 1, 2


def run(config: DictConfig) -> int:
    """Run every study, write pages, numbers and index; 0 all ran, 1 some did not, 2 none did.

    Raises:
        SetupError: An unknown study, or a folder that cannot be read or written.
    """
    out, data = Path(config.out), Path(config.data)
    earlier = _earlier(out)
    latest: dict[str, StudyRecord] = {}
    for name in _chosen(config):
        began = time.monotonic()
        record = _run_one(name, config.studies[name], data, out)
        latest[name] = record.after(earlier.get(name))
        words = record.state if record.state == RAN else f"{record.state}: {record.reason}"
        click.echo(f"{name}: {words} ({time.monotonic() - began:.0f} s)", err=True)
    known = {**earlier, **latest}
    records = {name: known[name] for name in config.studies if name in known}
    write_text(out / RECORDS, records_to_json(records))
    modalities: Any = OmegaConf.to_container(config.modalities, resolve=True)
    write_text(out / INDEX, index_page(records, modalities))
    n_ran = sum(record.state == RAN for record in latest.values())
    click.echo(f"{n_ran} of {len(latest)} studies ran: {out / INDEX}")
    if not n_ran:
        return EXIT_NONE_RAN
    return 0 if n_ran == len(latest) else EXIT_SOME_MISSING


def _run_one(name: str, config: DictConfig, data: Path, out: Path) -> StudyRecord:
    settings: Any = OmegaConf.to_container(config, resolve=True)
    try:
        study = build(config)
    except ClinicError as error:
        return StudyRecord(name=name, title=name, state=FAILED, reason=str(error))
    if study.name != name:
        raise SetupError(f"study {study.name} stands in the settings as {name} (studies)")
    outcome: Outcome = run_study(study, data, settings)
    if outcome.record.result is not None:
        write_text(out / f"{name}.md", study_page(outcome.record, study.about))
        for figure in outcome.figures:
            write_text(out / FIGURES_FOLDER / figure_file(name, figure), figure.svg)
    return outcome.record


def _chosen(config: DictConfig) -> list[str]:
    names = [str(name) for name in config.studies]
    if config.only is None:
        return names
    only = [config.only] if isinstance(config.only, str) else [str(name) for name in config.only]
    if not only or only == [""]:
        raise SetupError("no study is named: names, or null for all, needed (only)")
    unknown = sorted(set(only) - set(names))
    if unknown:
        raise SetupError(f"no study {', '.join(unknown)}: {', '.join(names)} are there (only)")
    return [name for name in names if name in only]


def _earlier(out: Path) -> dict[str, StudyRecord]:
    path = out / RECORDS
    return records_from_json(path.read_text(encoding="utf-8")) if path.is_file() else {}
