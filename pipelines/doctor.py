"""``clinic doctor``: is everything here that a run needs, and under which licences?"""

import click
from omegaconf import DictConfig

from clinic.diagnosis import Finding, findings


def run(config: DictConfig) -> int:
    """Print every finding; return 2 when something that a run needs is missing."""
    del config
    found = findings()
    width = max(len(finding.subject) for finding in found)
    for finding in found:
        click.echo(f"{_mark(finding):7} {finding.subject:{width}}  {finding.text}")
    n_missing = sum(not finding.good for finding in found)
    click.echo(f"{len(found)} checks, {n_missing} failed" if n_missing else "All is in place.")
    return 2 if n_missing else 0


def _mark(finding: Finding) -> str:
    return click.style("ok", fg="green") if finding.good else click.style("MISSING", fg="red")
