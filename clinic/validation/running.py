"""Run one study: its data must be there, its failure stops no other, its data are hashed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.errors import ClinicError
from clinic.io.atomic import sha256_of
from clinic.validation.running_record import (
    ABSENT,
    FAILED,
    RAN,
    FolderHash,
    StudyRecord,
    installed_versions,
    without_drawings,
    without_places,
)
from clinic.validation.study import Figure, Study

#: Folders of at most so many files are listed file by file.
MOST_LISTED = 12


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run of one study gave; figures only where it ran."""

    record: StudyRecord
    figures: tuple[Figure, ...] = ()


def run_study(study: Study, data: Path, settings: Mapping[str, Any]) -> Outcome:
    """Measure, unless a folder is missing; an error of the study becomes its state.

    Args:
        settings: The study's configuration, kept with its numbers.
    """
    missing = [name for name in study.needs if not (data / name).is_dir()]
    if missing:
        names = ", ".join(Path(name).name if Path(name).is_absolute() else name for name in missing)
        return Outcome(record=_without_result(study, ABSENT, f"{names} missing in the data folder"))
    try:
        result = study.run(data)
    except ClinicError as error:
        return Outcome(record=_without_result(study, FAILED, _unplaced(str(error), data)))
    record = StudyRecord(
        name=study.name,
        title=study.title,
        state=RAN,
        result=without_drawings(result),
        settings=without_places(settings),
        versions=installed_versions(),
        data={_shown(name): hash_folder(data / name) for name in study.needs},
    )
    return Outcome(record=record, figures=result.figures)


def hash_folder(folder: Path) -> FolderHash:
    """Return the hash of all files below a folder, names and contents; hidden ones left out."""
    files = {
        path.relative_to(folder).as_posix(): sha256_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{files[name]}  {name}\n".encode())
    return FolderHash(
        sha256=digest.hexdigest(),
        n_files=len(files),
        files=files if len(files) <= MOST_LISTED else {},
    )


def _without_result(study: Study, state: str, reason: str) -> StudyRecord:
    return StudyRecord(name=study.name, title=study.title, state=state, reason=reason)


def _shown(name: str) -> str:
    return Path(name).name if Path(name).is_absolute() else name


def _unplaced(message: str, data: Path) -> str:
    return message.replace(str(data.resolve()), "DATA").replace(str(data), "DATA")
