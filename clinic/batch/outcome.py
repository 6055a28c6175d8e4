"""What became of one recording of a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """``DONE`` now, ``KEPT`` from an earlier run, or ``FAILED``."""

    DONE = "done"
    KEPT = "kept"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Result of one job, small enough to travel between processes.

    Args:
        stage: Where it failed, such as ``features.egemaps``; empty when done.
        kind: Class of the error; empty when done.
        message: One line: what came, what was needed, which setting decides.
        cpu_s: CPU seconds per stage.
    """

    recording_id: str
    status: Status
    stage: str = ""
    kind: str = ""
    message: str = ""
    cpu_s: Mapping[str, float] = field(default_factory=dict)
    duration_s: float = 0.0
