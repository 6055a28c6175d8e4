"""A whole batch: plan, work, tables, facts of the run."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

import clinic
from clinic.batch.folders import exclusive
from clinic.batch.inputs import Planned, plan_inputs
from clinic.batch.outcome import Outcome, Status
from clinic.batch.plan import Job, is_finished
from clinic.batch.runner import run_jobs
from clinic.batch.tables import total_cpu, write_errors, write_results
from clinic.batch.worker import WorkOrder
from clinic.config import to_yaml
from clinic.io.atomic import write_text
from clinic.screening.screener import RunFacts

#: Exit codes of every batch command.
ALL_WELL, SOME_FAILED = 0, 1

Progress = Callable[[Outcome], None]


@dataclass(frozen=True, kw_only=True)
class BatchSummary:
    """What a batch came to; the content of ``run.json``. It names no file and no person."""

    run_id: str
    started_at: str
    ended_at: str
    n_recordings: int
    n_done: int
    n_kept: int
    n_failed: int
    cpu_s: Mapping[str, float]
    media_s: float
    workers: int
    software_version: str
    settings_sha256: str
    model: str | None

    @property
    def exit_code(self) -> int:
        """0 when every recording has its result, 1 when some failed."""
        return SOME_FAILED if self.n_failed else ALL_WELL


def run_batch(
    config: DictConfig,
    *,
    on_start: Callable[[int, int], None] = lambda *_: None,
    on_outcome: Progress = lambda _: None,
) -> BatchSummary:
    """Screen everything that the input names; finished work is kept.

    Args:
        config: Composed ``screen`` or ``extract``.
        on_start: Told how many recordings have work left and how many are kept.
        on_outcome: Told each outcome as it comes.

    Raises:
        SetupError: Nothing can run.
    """
    started = datetime.now(UTC)
    run_id = uuid.uuid4().hex[:12]
    out = Path(str(config.out))
    planned = plan_inputs(config)
    with exclusive(out):
        kept = [job for job in planned.jobs if bool(config.resume) and is_finished(out, job)]
        kept_ids = {job.recording_id for job in kept}
        pending = [job for job in planned.jobs if job.recording_id not in kept_ids]
        on_start(len(pending) + len(planned.failures), len(kept))
        outcomes = _work(config, planned, pending, out, run_id, on_outcome)
        done = [o.recording_id for o in outcomes if o.status is Status.DONE]
        failures = [o for o in outcomes if o.status is Status.FAILED]
        warnings = write_results(out, [*done, *kept_ids])
        write_errors(out, failures, warnings)
        summary = BatchSummary(
            run_id=run_id,
            started_at=started.isoformat(timespec="seconds"),
            ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
            n_recordings=len(planned.jobs) + len(planned.failures),
            n_done=len(done),
            n_kept=len(kept),
            n_failed=len(failures),
            cpu_s=total_cpu(outcomes),
            media_s=round(sum(o.duration_s for o in outcomes), 1),
            workers=int(config.workers),
            software_version=clinic.__version__,
            settings_sha256=planned.settings_sha256,
            model=planned.model_sha256,
        )
        write_text(out / "run.json", json.dumps(asdict(summary), indent=1) + "\n")
    return summary


def _work(
    config: DictConfig,
    planned: Planned,
    pending: Sequence[Job],
    out: Path,
    run_id: str,
    on_outcome: Progress,
) -> list[Outcome]:
    outcomes: list[Outcome] = []

    def note(outcome: Outcome) -> None:
        outcomes.append(outcome)
        on_outcome(outcome)
        if outcome.status is Status.FAILED:
            write_errors(out, [o for o in outcomes if o.status is Status.FAILED])

    for failure in planned.failures:
        note(failure)
    workers = int(config.workers)
    order = WorkOrder(
        config_yaml=to_yaml(config),
        out=out.resolve(),
        facts=RunFacts(
            run_id=run_id,
            settings_sha256=planned.settings_sha256,
            software_version=clinic.__version__,
        ),
    )
    limit = OmegaConf.select(config, "time_limit_s")
    run_jobs(
        pending,
        order,
        workers=min(workers, max(len(pending), 1)),
        time_limit_s=float(limit) if limit else None,
        on_outcome=note,
    )
    return outcomes
