"""The page of one study as GitHub Markdown."""

from collections.abc import Iterable

from clinic.validation.pages.text import cell, file_name, number, prose, table, with_interval
from clinic.validation.running_record import StudyRecord
from clinic.validation.study import Figure, Finding, StudyResult, Table

FIGURES_FOLDER = "figures"


def study_page(record: StudyRecord, about: str) -> str:
    """Return the page: verdict, method, numbers, drawings, limits, what it was made with.

    Raises:
        AssertionError: The study has no result.
    """
    if record.result is None:
        raise AssertionError(f"study {record.name} without a result has no page")
    result = record.result
    parts = [
        f"# {cell(record.title)}",
        prose(result.verdict),
        "## What is compared",
        prose(about),
        "## Findings",
        "95 % intervals. Everything that was drawn again for an interval stands in the column n.",
        findings_table(result.findings),
        *(_shown_table(item) for item in result.tables),
        *(_shown_figure(record.name, figure) for figure in result.figures),
        "## Never tested on",
        _list(result.untested),
        "## Made with",
        _made_with(record),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def figure_file(study: str, figure: Figure) -> str:
    """Return the file name of a drawing, unique over studies."""
    return f"{file_name(study)}-{file_name(figure.name)}.svg"


def findings_table(findings: tuple[Finding, ...]) -> str:
    """Return one row a finding."""
    rows = [
        (
            finding.what,
            with_interval(finding.value, finding.low, finding.high),
            f"{finding.n:,} {finding.of}",
            _reference(finding),
            finding.note,
        )
        for finding in findings
    ]
    return table(("what", "value [95 %]", "n", "to read it against", "note"), rows)


def headline(result: StudyResult) -> Finding | None:
    """Return the finding that stands for the study: the first one, chosen by who wrote it."""
    return result.findings[0] if result.findings else None


def _reference(finding: Finding) -> str:
    if finding.reference is None:
        return ""
    source = f" ({finding.reference_source})" if finding.reference_source else ""
    return f"{number(finding.reference)}{source}"


def _shown_table(item: Table) -> str:
    parts = [f"### {cell(item.title)}", table(item.columns, item.rows)]
    return "\n\n".join([*parts, prose(item.note)] if item.note else parts)


def _shown_figure(study: str, figure: Figure) -> str:
    caption = cell(figure.caption).replace("[", r"\[").replace("]", r"\]")
    return f"![{caption}]({FIGURES_FOLDER}/{figure_file(study, figure)})\n\n{caption}"


def _made_with(record: StudyRecord) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    lines = [
        "`clinic validate affect`; settings and all hashes: [affect.json](affect.json). "
        f"{versions}."
    ]
    for name, data in record.data.items():
        files = "1 file" if data.n_files == 1 else f"{data.n_files:,} files"
        lines.append(f"- data `{name}`: {files}, SHA-256 `{data.sha256}`")
    return "\n\n".join([lines[0], "\n".join(lines[1:])] if lines[1:] else lines)


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {cell(line)}" for line in lines)
