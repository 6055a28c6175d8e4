"""``clinic screen``: a folder of recordings in; results, reports, bundles and tracking out."""

from pathlib import Path

import click
from omegaconf import DictConfig

from clinic.batch.batch import BatchSummary
from clinic.batch.worker import settings_of
from pipelines.batch_run import closing_line, dry_run, run_with_progress

#: Keys that say where and how, not what: they change no result and may name a person's folder.
NOT_TRACKED = frozenset({"input", "out", "model", "tracking", "tracking_folder"})


def run(config: DictConfig) -> int:
    """Screen; return 0 when all are scored or withheld, 1 when some recordings failed."""
    if config.dry_run:
        return dry_run(config)
    out = Path(str(config.out))
    summary = run_with_progress(config)
    _track(config, summary)
    click.echo(closing_line(summary, out))
    return summary.exit_code


def _track(config: DictConfig, summary: BatchSummary) -> None:
    from clinic.config import build

    counts = {
        "recordings": summary.n_recordings,
        "done": summary.n_done,
        "kept": summary.n_kept,
        "failed": summary.n_failed,
    }
    versions = {"clinic": summary.software_version, "model": summary.model or "none"}
    build(config.tracking).log_screening(
        counts, summary.cpu_s, versions, settings_of(config, NOT_TRACKED)
    )
