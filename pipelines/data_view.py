"""A corpus reading as tables for the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from clinic.datasets.corpus import CorpusReading, Finding, FindingKind

#: Plain words of each kind, in the order of the table.
_HEADINGS = {
    FindingKind.UNREADABLE: "cannot be read",
    FindingKind.MISSING: "missing",
    FindingKind.CONTRADICTION: "contradictory",
    FindingKind.REPAIRED: "mended or assumed",
    FindingKind.EXTRA: "not documented",
    FindingKind.EXCLUDED: "left out",
}


def show_counts(reading: CorpusReading) -> None:
    """Print what was counted beside what the authors publish."""
    table = Table(title=f"{reading.corpus}: {len(reading.items)} recordings", title_justify="left")
    table.add_column("count")
    table.add_column("found", justify="right")
    table.add_column("published", justify="right")
    for name in dict.fromkeys((*reading.counts, *reading.published)):
        published = reading.published.get(name)
        table.add_row(
            escape(name),
            str(reading.counts.get(name, 0)),
            "unknown" if published is None else str(published),
        )
    console = Console()
    console.print(table)
    if not reading.has_speakers:
        console.print("Speakers are not told apart: every turn is taken for the participant's.")


def show_findings(findings: Sequence[Finding], *, n_shown: int) -> None:
    """Print the findings kind by kind, the first few of each."""
    console = Console()
    if not findings:
        console.print("Nothing missing, nothing mended.")
        return
    table = Table(show_lines=False)
    table.add_column("finding", no_wrap=True)
    table.add_column("where", overflow="fold")
    table.add_column("what", overflow="fold")
    for kind, heading in _HEADINGS.items():
        found = [item for item in findings if item.kind is kind]
        for item in found[:n_shown]:
            table.add_row(heading, escape(item.subject), escape(item.text))
        if len(found) > n_shown:
            table.add_row(heading, "...", f"and {len(found) - n_shown} more (n_shown)")
    console.print(table)
