"""What ``screen`` and ``extract`` share: dry run, progress, closing lines."""

from pathlib import Path

import click
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clinic.batch.batch import BatchSummary, run_batch
from clinic.batch.inputs import plan_inputs
from clinic.batch.outcome import Outcome, Status
from clinic.batch.plan import is_finished


def dry_run(config: DictConfig) -> int:
    """Say what a run would do with each recording, and do nothing."""
    planned = plan_inputs(config)
    out = Path(str(config.out))
    for job in planned.jobs:
        finished = bool(config.resume) and is_finished(out, job)
        click.echo(f"{job.recording_id}: {'finished, kept' if finished else 'to do'}")
    for failure in planned.failures:
        click.echo(f"{failure.recording_id}: {failure.message}")
    return 1 if planned.failures else 0


def run_with_progress(config: DictConfig) -> BatchSummary:
    """Run the batch with a progress bar on standard error."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=None)

        def start(pending: int, kept: int) -> None:
            if kept:
                progress.console.print(f"{kept} finished earlier and unchanged: kept")
            progress.update(task, total=pending, description="recordings")

        def step(outcome: Outcome) -> None:
            progress.advance(task)
            if outcome.status is Status.FAILED:
                line = f"{outcome.recording_id}: {outcome.stage}: {outcome.message}"
                progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

        return run_batch(config, on_start=start, on_outcome=step)


def closing_line(summary: BatchSummary, out: Path) -> str:
    """Return one line with the counts and where to look."""
    line = f"{summary.n_done} done, {summary.n_kept} kept, {summary.n_failed} failed"
    where = f"{out / 'results.csv'}"
    if summary.n_failed:
        where += f", {out / 'errors.csv'}"
    return f"{line}: {where}"
