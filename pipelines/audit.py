"""clinic audit: a feature table and its split in; a verdict on leaks out."""

from pathlib import Path

import click
from omegaconf import DictConfig

from clinic.config import build

EXIT_CHECKS_FAILED = 1


def run(config: DictConfig) -> int:
    """Audit, print the verdicts, write ``audit.json`` and ``audit.md``; return the exit code.

    Raises:
        SetupError: Files do not allow an audit.
    """
    from dataclasses import replace

    from clinic.evaluation.audit import read_audit_split, read_audit_table, to_markdown
    from clinic.io.atomic import write_text

    features = Path(config.features)
    table = read_audit_table(
        features,
        Path(config.labels),
        columns=build(config.columns),
        targets=tuple(config.targets),
        aliases=Path(config.aliases) if config.aliases else None,
    )
    folds, further = read_audit_split(Path(config.split), table)
    table = replace(table, aliases=(*table.aliases, *further))
    subject = f"{features.name} split by {Path(config.split).name}"
    report = build(config.audit).run(table, folds, subject=subject)
    for check in report.checks:
        click.echo(f"{check.verdict:>12}  {check.name}: {check.sentence}")
    if config.out:
        folder = Path(config.out)
        write_text(folder / "audit.json", report.to_json())
        write_text(folder / "audit.md", to_markdown(report))
    click.echo(f"audit of {subject}: {report.verdict}")
    return EXIT_CHECKS_FAILED if report.failed else 0
