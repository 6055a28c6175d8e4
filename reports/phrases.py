"""Numbers, times and quotes as a reader sees them; every text made safe to show."""

import re
import unicodedata

from clinic.units import clock

#: A quote beyond this is cut with an ellipsis: a moment, not the transcript; less in a table.
MAX_QUOTE_CHARACTERS = 280
MAX_TABLE_QUOTE_CHARACTERS = 110

#: Cf, Cc, Cs, Co and Cn have no picture of their own and may reorder or hide what follows.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
#: Zero-width joiner and non-joiner: part of the spelling of several scripts.
_KEPT = frozenset("\u200c\u200d")


def visible(text: str) -> str:
    """Return text on one line, with characters that hide or reorder others written out.

    Example:
        >>> visible("a\\tb \\u202eevil")
        'a b [U+202E]evil'
    """
    shown = "".join(_visible(character) for character in text)
    return unicodedata.normalize("NFC", re.sub(" +", " ", shown).strip())


def _visible(character: str) -> str:
    if character.isspace() and character != "\u00a0":
        return " "
    if character in _KEPT or unicodedata.category(character) not in _UNSHOWN:
        return character
    return f"[U+{ord(character):04X}]"


def quoted(text: str, *, longest: int = MAX_QUOTE_CHARACTERS) -> str:
    """Return a quote in quotation marks, cut where it is too long."""
    plain = visible(text)
    if len(plain) > longest:
        plain = plain[:longest].rstrip() + " …"
    return f"“{plain}”"


def score(value: float) -> str:
    """Return a score with one decimal."""
    return f"{value:.1f}"


def scale_end(value: float) -> str:
    """Return an end of a scale, whole where it is whole."""
    return f"{value:g}"


def signed(value: float) -> str:
    """Return a contribution with its sign and two decimals; a true minus sign."""
    rounded = round(value, 2)
    if rounded == 0:
        return "0.00"
    return f"{rounded:+.2f}".replace("-", "−")


def deviation(value: float) -> str:
    """Return standard deviations with sign and one decimal; a true minus sign."""
    rounded = round(value, 1)
    return "0.0" if rounded == 0 else f"{rounded:+.1f}".replace("-", "−")


def percent(probability: float) -> str:
    """Return a probability in whole per cent; never 0 % or 100 %, which would be certainty.

    Example:
        >>> percent(0.413), percent(0.002), percent(0.999)
        ('41\\xa0%', 'below 1\\xa0%', 'above 99\\xa0%')
    """
    if probability < 0.005:
        return "below 1\u00a0%"
    if probability > 0.995:
        return "above 99\u00a0%"
    return f"{probability * 100:.0f}\u00a0%"


def span(start_s: float, end_s: float) -> str:
    """Return a stretch of time as a player shows it."""
    return f"{clock(start_s)}–{clock(end_s)}"


def minutes(duration_s: float) -> str:
    """Return a duration as ``m:ss``.

    Example:
        >>> minutes(1284.4)
        '21:24'
    """
    whole = round(duration_s)
    return f"{whole // 60}:{whole % 60:02d}"


def measured(value: float | None, unit: str) -> str:
    """Return a measurement with its unit, three significant digits; a dash where there is none."""
    if value is None or value != value:
        return "–"
    number = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return number if unit == "1" else f"{number}\u00a0{visible(unit)}"


def short_hash(digest: str | None) -> str:
    """Return the first twelve digits of a hash; a dash where there is none."""
    return digest[:12] if digest else "–"
