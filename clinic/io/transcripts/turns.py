"""What every transcript format comes down to before it is checked."""

import math
import re
from dataclasses import dataclass

from clinic.errors import DataError

#: ASCII only: ``float`` would also take "infinity", "1_0" and other scripts' digits.
_NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?")


@dataclass(frozen=True, kw_only=True)
class TimedWord:
    """One word as the file gives it, times not checked."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One line, cue, interval or segment as the file gives it, not checked.

    Args:
        speaker: Label in the file, None where it has none.
        place: Where it stands, such as ``line 5``, for messages.
    """

    start_s: float
    end_s: float
    text: str
    place: str
    speaker: str | None = None
    words: tuple[TimedWord, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """Turns of one file, in its own order.

    Args:
        source_format: Name of the reader.
        language: Language tag that the file states, or None.
    """

    turns: tuple[Turn, ...]
    source_format: str
    language: str | None = None


def seconds(value: object, *, place: str, name: str) -> float:
    """Return a time in seconds from a cell or a JSON value.

    Raises:
        DataError: No finite decimal number. The message does not repeat the value: where
            columns are shifted it would be a quotation.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) if abs(value) < 1e12 else math.inf
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = float(value)
    else:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"transcript {place}: {name} is not a number of seconds")
    return number
