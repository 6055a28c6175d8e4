"""A worker that dies, hangs or refuses costs its own recording and no other."""

import os
import signal
import time
from pathlib import Path

import pytest

from clinic.batch.outcome import Outcome, Status
from clinic.batch.plan import Job
from clinic.batch.runner import run_jobs
from clinic.batch.worker import WorkOrder
from clinic.errors import SetupError
from clinic.screening.screener import RunFacts

FACTS = RunFacts(run_id="r", settings_sha256="s", software_version="v")


def misbehave(job: Job, order: WorkOrder) -> Outcome:
    """Stand-in for a worker: what it does is written in the entry."""
    if job.entry == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if job.entry == "hang":
        time.sleep(60)
    if job.entry == "setup":
        raise SetupError("nothing fits")
    return Outcome(recording_id=job.recording_id, status=Status.DONE)


def run(tmp_path: Path, entries: list[str], workers: int = 2) -> dict[str, Outcome]:
    order = WorkOrder(config_yaml="", out=tmp_path, facts=FACTS)
    jobs = [Job(recording_id=f"r{i}", entry=entry, key="k") for i, entry in enumerate(entries)]
    found: dict[str, Outcome] = {}
    run_jobs(
        jobs,
        order,
        workers=workers,
        time_limit_s=8.0,
        on_outcome=lambda o: found.__setitem__(o.recording_id, o),
        work=misbehave,
    )
    return found


def test_a_crash_and_a_hang_are_blamed_and_the_others_are_done(tmp_path):
    found = run(tmp_path, ["fine", "segfault", "fine", "hang", "fine", "fine"])
    assert [found[f"r{i}"].status for i in range(6)] == [
        Status.DONE,
        Status.FAILED,
        Status.DONE,
        Status.FAILED,
        Status.DONE,
        Status.DONE,
    ]
    assert found["r1"].kind == "WorkerDied"
    assert found["r3"].message == "not done within 8 s (time_limit_s)"


@pytest.mark.parametrize("workers", [0, 2])
def test_what_nothing_can_mend_stops_the_run(tmp_path, workers):
    with pytest.raises(SetupError, match="nothing fits"):
        run(tmp_path, ["setup", "fine"], workers=workers)
