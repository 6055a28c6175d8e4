"""Which recordings have work left: a finished one is known by the hash of all that went into it."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.errors import DataError

RECEIPT = "receipt.json"
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RESERVED = {"errors.csv", "results.csv", "results.parquet", "run.json", "mlflow.db"}


@dataclass(frozen=True, kw_only=True)
class Job:
    """One recording to do.

    Args:
        entry: What the reader reads.
        key: Hash over inputs, settings, model and software.
    """

    recording_id: str
    entry: Any
    key: str


def work_key(*parts: str) -> str:
    """Return one SHA-256 over all parts; their boundaries count."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def require_safe_id(recording_id: str) -> str:
    """Return the id if it can name a folder.

    Raises:
        DataError: It holds other characters than letters, digits, ``.``, ``_`` and ``-``.
    """
    if not _SAFE_ID.fullmatch(recording_id) or recording_id in _RESERVED:
        raise DataError(
            "recording id cannot name a folder: 1 to 100 of A-Z a-z 0-9 . _ - needed, "
            "beginning with a letter or digit (recording_id)"
        )
    return recording_id


def is_finished(out: Path, job: Job) -> bool:
    """Tell whether the job's folder is complete and was made from the very same inputs."""
    receipt = out / job.recording_id / RECEIPT
    try:
        stored = json.loads(receipt.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(stored, dict) or stored.get("key") != job.key:
        return False
    return all((receipt.parent / name).is_file() for name in stored.get("files", []))
