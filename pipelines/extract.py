"""``clinic extract``: features and inconsistency signals of a batch, no severity."""

from pathlib import Path

import click
from omegaconf import DictConfig

from pipelines.batch_run import closing_line, dry_run, run_with_progress


def run(config: DictConfig) -> int:
    """Extract; return 0 when all went well, 1 when some recordings failed."""
    if config.dry_run:
        return dry_run(config)
    summary = run_with_progress(config)
    click.echo(closing_line(summary, Path(str(config.out))))
    return summary.exit_code
