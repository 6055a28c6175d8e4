"""From a composed configuration to jobs, each with the hash of everything that decides it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

import clinic
from clinic.batch.outcome import Outcome, Status
from clinic.batch.plan import Job, require_safe_id, work_key
from clinic.batch.worker import settings_of
from clinic.config import build
from clinic.errors import DataError
from clinic.io.atomic import sha256_of
from clinic.screening.assembly import model_folder

#: Settings that say where, when and how fast, not what comes out.
RUN_ONLY = frozenset(
    {
        "input",
        "out",
        "model",
        "workers",
        "resume",
        "dry_run",
        "time_limit_s",
        "tracking",
        "tracking_folder",
    }
)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """Jobs that can be tried, and entries that cannot.

    Args:
        settings_sha256: Hash over the settings that can change a result.
        model_sha256: Hash over the model folder's files, None without a model.
    """

    jobs: tuple[Job, ...]
    failures: tuple[Outcome, ...]
    settings_sha256: str
    model_sha256: str | None


def plan_inputs(config: DictConfig) -> Planned:
    """List the input and hash what each recording's result depends on.

    Raises:
        SetupError: No input, a manifest without a needed column, or no such model.
    """
    settings = work_key(json.dumps(settings_of(config, RUN_ONLY), sort_keys=True))
    model = folder_hash(model_folder(str(config.model))) if config.get("model") else None
    entries = build(config.io.manifest).read(Path(str(config.input)))
    jobs, failures = [], []
    for entry in entries:
        try:
            jobs.append(_job(entry, settings, model))
        except DataError as error:
            failures.append(
                Outcome(
                    recording_id=entry.recording_id,
                    status=Status.FAILED,
                    stage="read",
                    kind=type(error).__name__,
                    message=str(error),
                )
            )
    return Planned(
        jobs=tuple(jobs),
        failures=tuple(failures),
        settings_sha256=settings,
        model_sha256=model,
    )


def folder_hash(folder: Path) -> str:
    """Return one SHA-256 over the names and bytes of a folder's files."""
    parts = [
        f"{path.relative_to(folder)} {sha256_of(path)}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return work_key(*parts)


def _job(entry: Any, settings: str, model: str | None) -> Job:
    if entry.problem is not None:
        raise DataError(entry.problem)
    require_safe_id(entry.recording_id)
    paths = [entry.media_path, *entry.transcript_paths]
    hashes = [_hash_or_absence(path) for path in paths]
    facts = [
        entry.recording_id,
        entry.participant_id,
        str(entry.language),
        str(entry.visit_date),
        " ".join(entry.channel_roles),
        str(entry.participant_speaker),
    ]
    key = work_key(clinic.__version__, settings, model or "no model", *facts, *hashes)
    return Job(recording_id=entry.recording_id, entry=entry, key=key)


def _hash_or_absence(path: Path | None) -> str:
    """Hash a file; one that cannot be read keeps its job, and the reader says what is wrong."""
    if path is None:
        return "none"
    try:
        return sha256_of(path)
    except OSError:
        return "unreadable"
