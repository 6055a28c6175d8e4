"""What one worker process does: build the components once, then one recording at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

from omegaconf import DictConfig, OmegaConf
from threadpoolctl import threadpool_limits

from clinic.batch.folders import whole_folder
from clinic.batch.outcome import Outcome, Status
from clinic.batch.outputs import Writers, write_outputs
from clinic.batch.plan import Job
from clinic.errors import DataError, SetupError
from clinic.screening.assembly import build_screener
from clinic.screening.clock import StageClock
from clinic.screening.screener import RunFacts, Screener

#: Exceptions that mean the disk, not the recording, is at fault.
_DISK_ERRORS = (OSError,)


@dataclass(frozen=True, kw_only=True)
class WorkOrder:
    """What every worker of a batch needs to know; plain values that travel between processes.

    Args:
        config_yaml: The composed configuration.
    """

    config_yaml: str
    out: Path
    facts: RunFacts


@cache
def _workshop(order: WorkOrder) -> tuple[Screener, Writers]:
    config = OmegaConf.create(order.config_yaml)
    assert isinstance(config, DictConfig)
    return build_screener(config), Writers.from_config(config)


def screen_one(job: Job, order: WorkOrder) -> Outcome:
    """Screen one recording and put its folder in place; a DataError becomes a failed Outcome.

    Raises:
        SetupError: Nothing can run: a component cannot be built or the model does not fit.
    """
    clock = StageClock()
    try:
        with clock.stage("setup"):
            screener, writers = _workshop(order)
        # Our matrices are small: a second BLAS thread waits actively and doubles the CPU time.
        with threadpool_limits(limits=1):
            screened = screener.screen(job.entry, order.facts, clock, created_at=datetime.now(UTC))
            with whole_folder(order.out / job.recording_id) as folder:
                write_outputs(screened, folder, writers, clock, key=job.key)
    except SetupError:
        raise
    except DataError as error:
        return _failed(job, clock, type(error).__name__, str(error))
    # At the edge of the batch every fault of ours costs one recording, not the run. The
    # message names the place in the code only: an exception's text may quote a transcript.
    except Exception as error:  # noqa: BLE001
        return _failed(job, clock, type(error).__name__, _place(error))
    return Outcome(
        recording_id=job.recording_id,
        status=Status.DONE,
        cpu_s=dict(clock.cpu_s),
        duration_s=screened.result.media.duration_s,
    )


def _failed(job: Job, clock: StageClock, kind: str, message: str) -> Outcome:
    return Outcome(
        recording_id=job.recording_id,
        status=Status.FAILED,
        stage=clock.last or "setup",
        kind=kind,
        message=" ".join(message.split()),
        cpu_s=dict(clock.cpu_s),
    )


def _place(error: BaseException) -> str:
    if isinstance(error, _DISK_ERRORS) and error.strerror:
        return f"{error.strerror} (errno {error.errno})"
    frames = extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    where = f"{Path(last.filename).name}:{last.lineno}" if last else "unknown place"
    return f"unexpected error at {where}; please report it with the version"


def settings_of(config: DictConfig, ignored: frozenset[str]) -> Mapping[str, Any]:
    """Return the part of the configuration that can change a result."""
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items() if key not in ignored}
