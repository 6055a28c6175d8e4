"""The audit for a reader: Markdown."""

from clinic.evaluation.audit.check import AuditCheck, AuditReport, Verdict


def to_markdown(report: AuditReport) -> str:
    """Return the content of ``audit.md``."""
    sizes = ", ".join(f"{count:,} {name}" for name, count in report.sizes.items())
    lines = [
        f"# Leakage audit: {_cell(report.subject)}",
        "",
        f"**{_headline(report)}**" + (f" {sizes[:1].upper()}{sizes[1:]}." if sizes else ""),
        "",
        "| check | verdict | measured | 95 % interval | chance |",
        "|---|---|---|---|---|",
        *(_row(check) for check in report.checks),
        "",
    ]
    for check in report.checks:
        lines += [f"## {check.name}: {check.verdict}", "", _cell(check.sentence), ""]
        if check.advice:
            lines += [f"What to do: {check.advice}", ""]
        if check.details:
            lines += [f"- {_cell(name)}: {value:.4g}" for name, value in check.details]
            lines += [""]
    lines += [
        "An audit shows leaks that these checks look for. A pass is no proof that there is none: "
        "features that were chosen or learnt with the scored labels look like good features.",
        "",
    ]
    return "\n".join(lines)


def _headline(report: AuditReport) -> str:
    if report.failed:
        return f"{len(report.failed)} of {len(report.checks)} checks failed."
    open_checks = [c for c in report.checks if c.verdict is not Verdict.PASS]
    if open_checks:
        return f"Nothing failed; {len(open_checks)} of {len(report.checks)} checks need a look."
    return f"All {len(report.checks)} checks passed."


def _row(check: AuditCheck) -> str:
    interval = "-" if check.interval is None else "{:.3f} to {:.3f}".format(*check.interval)
    chance = "-" if check.chance is None else f"{check.chance:g}"
    measured = f"{check.statistic:.4g} {check.unit}" if check.statistic == check.statistic else "-"
    cells = (check.name, str(check.verdict), measured, interval, chance)
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    """Keep names from anybody's file from breaking the table or drawing markup."""
    flat = " ".join(text.split())
    for sign in "\\`*_[]<>|#":
        flat = flat.replace(sign, f"\\{sign}")
    return flat
