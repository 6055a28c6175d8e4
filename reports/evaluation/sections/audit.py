"""10 The leakage audit, whole: what was checked, what was found, what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.blocks import Block, Bullets, Notice, Paragraph, Section, Subheading, Table
from reports.evaluation.numbers import DASH, count, interval
from reports.evaluation.verdict import FAILED, PASSED, audit_state, checks_of, verdict_of
from reports.evaluation.view import View
from reports.phrases import measured


def audit_section(view: View) -> Section:
    """Return every check of the audit, or that none was made."""
    words = view.words
    heading = words("audit.heading")
    if view.audit is None:
        notice = Notice(
            heading=words("audit.absent_heading"), lines=(words("audit.absent"),), urgent=True
        )
        return Section(heading=heading, blocks=(notice,))
    checks = checks_of(view)
    state = audit_state(view)
    blocks: list[Block] = [
        Paragraph(text=words(f"audit.{state}", n=len(checks)), strong=True),
        Paragraph(text=_subject(view), small=True),
    ]
    if checks:
        blocks += [_table(view, checks), Subheading(text=words("audit.found_heading"))]
        blocks.append(_found(view, checks))
        details = [line for check in checks if (line := _details(view, check))]
        if details:
            blocks += [Subheading(text=words("audit.details_heading"))]
            blocks.append(Bullets(items=tuple(details), small=True))
    blocks.append(Paragraph(text=words("audit.limits"), small=True))
    return Section(heading=heading, blocks=tuple(blocks))


def _subject(view: View) -> str:
    audit = view.audit or {}
    sizes = audit.get("sizes") or {}
    told = ", ".join(f"{_size(value)} {name}" for name, value in sizes.items())
    return view.words("audit.subject", subject=audit.get("subject") or DASH, sizes=told or DASH)


def _size(value: Any) -> str:
    return count(value) if isinstance(value, int | float) else str(value)


def _table(view: View, checks: Sequence[Mapping[str, Any]]) -> Table:
    words = view.words
    rows = [
        (
            str(check.get("name") or DASH),
            verdict_text(view, check),
            _measured(check),
            _ends(check.get("interval")),
            _number(check.get("chance")),
        )
        for check in checks
    ]
    return Table(
        columns=words.each("audit.columns"),
        rows=tuple(rows),
        weights=(2.6, 1.0, 2.2, 1.3, 0.7),
        description=words("audit.table"),
        small=True,
    )


def _found(view: View, checks: Sequence[Mapping[str, Any]]) -> Table:
    words = view.words
    # What needs a person stands first.
    order = sorted(checks, key=lambda c: (verdict_of(c) == PASSED, verdict_of(c) != FAILED))
    rows = [
        (
            str(check.get("name") or DASH),
            verdict_text(view, check),
            str(check.get("sentence") or DASH),
            str(check.get("advice") or DASH),
        )
        for check in order
    ]
    return Table(
        columns=words.each("audit.found_columns"),
        rows=tuple(rows),
        weights=(1.5, 0.8, 3.2, 2.4),
        description=words("audit.found_table"),
        small=True,
    )


def verdict_text(view: View, check: Mapping[str, Any]) -> str:
    """Return a verdict for a reader; one that is not known stands as it came."""
    found = verdict_of(check).replace(" ", "_")
    return view.words.sentences.get(f"audit.verdict_{found}", str(check.get("verdict") or DASH))


def _details(view: View, check: Mapping[str, Any]) -> str:
    details = check.get("details") or {}
    pairs = details.items() if isinstance(details, Mapping) else details
    told = "; ".join(f"{name} {_number(value)}" for name, value in pairs)
    if not told:
        return ""
    return view.words("audit.detail", name=check.get("name") or DASH, details=told)


def _measured(check: Mapping[str, Any]) -> str:
    value = _number(check.get("statistic"))
    return value if value == DASH else f"{value} {check.get('unit') or ''}".strip()


def _ends(ends: Any) -> str:
    if not ends or any(end is None for end in ends):
        return DASH
    return interval(float(ends[0]), float(ends[1]), 3)


def _number(value: Any) -> str:
    return measured(float(value), "1") if isinstance(value, int | float) else DASH
