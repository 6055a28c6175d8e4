"""Text for GitHub Markdown: no raw HTML, no cell that breaks its table, numbers of one look."""

import math
import re
from collections.abc import Callable, Sequence

#: Stands where a number could not be computed.
UNKNOWN = "–"

_CODE = re.compile(r"(`+[^`]*`+)")


def prose(text: str) -> str:
    """Return paragraphs as they are, with nothing in them that could pass for HTML."""
    return _outside_code(text.strip(), lambda part: part.replace("<", r"\<"))


def cell(text: str) -> str:
    """Return one cell of a table: a single line whose bars, stars and angles are plain signs.

    Example:
        >>> cell("a|b <i>"), cell("two" + chr(10) + "lines")
        ('a\\\\|b \\\\<i>', 'two lines')
    """
    line = " ".join(text.split())
    marked = _outside_code(line, lambda part: re.sub(r"([\\*<])", r"\\\1", part))
    # Inside code too: GitHub splits a row at every bar that has no backslash.
    return marked.replace("|", r"\|")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a pipe table; an empty cell stays empty."""
    lines = [_row(columns), "|" + "---|" * len(columns), *(_row(row) for row in rows)]
    return "\n".join(lines)


def number(value: float) -> str:
    """Return three decimals below ten, one below a thousand, whole numbers as such.

    Example:
        >>> number(0.5), number(-12.34), number(46.0), number(float("nan"))
        ('0.500', '-12.3', '46', '–')
    """
    if math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) >= 10 and float(value).is_integer():
        return f"{value:.0f}"
    shown = f"{value:.{3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0}f}"
    return shown.lstrip("-") if float(shown) == 0 else shown


def with_interval(value: float, low: float, high: float) -> str:
    """Return ``value [low, high]``, or the value alone where no interval can be given."""
    if math.isnan(low) and math.isnan(high):
        return number(value)
    return f"{number(value)} [{number(low)}, {number(high)}]"


def file_name(name: str) -> str:
    """Return a name of letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "figure"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell(text) for text in cells) + " |"


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts = _CODE.split(text)
    return "".join(part if place % 2 else change(part) for place, part in enumerate(parts))
