"""Run jobs in worker processes; a process that dies costs its own recording and no other."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, as_completed
from pathlib import Path
from typing import Any

from clinic.batch.outcome import Outcome, Status
from clinic.batch.plan import Job
from clinic.batch.worker import WorkOrder, screen_one
from clinic.errors import SetupError


def run_jobs(
    jobs: Sequence[Job],
    order: WorkOrder,
    *,
    workers: int,
    time_limit_s: float | None,
    on_outcome: Callable[[Outcome], None],
    work: Callable[[Job, WorkOrder], Outcome] = screen_one,
) -> None:
    """Do every job and report each outcome as it comes.

    Args:
        workers: Number of processes; 0 works in this process, without protection from crashes.
        time_limit_s: A recording that takes longer is stopped and reported.
        work: What a worker does; replaced in tests of crashes.

    Raises:
        SetupError: Nothing can run; work not yet done is left undone.
    """
    if workers == 0:
        for job in jobs:
            on_outcome(work(job, order))
        return
    from pebble import ProcessPool

    # Workers end without the clean-up that multiprocessing's bookkeeper waits for; its warning
    # about that would be the last thing a user reads. It takes its filters from here.
    os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker")
    # spawn: media and numeric libraries hold threads and locks that a fork would copy half-way.
    context = multiprocessing.get_context("spawn")
    with ProcessPool(max_workers=workers, context=context, initializer=_quiet) as pool:
        futures: dict[Any, Job] = {
            pool.schedule(work, args=[job, order], timeout=time_limit_s): job for job in jobs
        }
        try:
            for future in as_completed(futures):
                on_outcome(_outcome(future, futures[future], time_limit_s))
        except BaseException:
            pool.stop()
            raise


def _quiet() -> None:
    """Drop what native libraries print: MediaPipe's notices would tear the progress bar."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stderr.fileno())


def _outcome(future: Any, job: Job, time_limit_s: float | None) -> Outcome:
    from pebble import ProcessExpired

    try:
        return future.result()
    except SetupError:
        raise
    except TimeoutError:
        kind, message = "Timeout", f"not done within {time_limit_s:g} s (time_limit_s)"
    except ProcessExpired as error:
        kind, message = "WorkerDied", f"worker process died with exit code {error.exitcode}"
    except CancelledError:
        kind, message = "Cancelled", "the run was stopped before this recording was done"
    return Outcome(
        recording_id=job.recording_id,
        status=Status.FAILED,
        stage="worker",
        kind=kind,
        message=message,
    )
