"""Phrase patterns: regular expressions over words that transcripts spell in many ways."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from clinic.errors import SetupError

_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u00b4": "'", "`": "'"})
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014-", " "))
#: Mark-up of transcribers: <UNSURE>, [laughs]; the words inside angle tags stay.
_MARKS = re.compile(r"<[^<>]{0,40}>|\[[^\[\]]{0,40}\]")
#: Words that speakers put in between; "um" before "want to um die" must not hide the phrase.
_FILLERS = re.compile(r"\b(?:uh+|um+|uhm+|erm*|hm+|mm+|mhm|you know|i mean)\b(?!')")
_PUNCTUATION = re.compile(r"[^\w\s']|_")
_STUTTER = re.compile(r"\b(\w+(?:'\w+)?)(?: \1\b)+")
_SPACE = re.compile(r"\s+")
_SPELLINGS = (
    (
        re.compile(
            r"\b(do|does|did|would|could|should|is|was|are|were|have|has|had|ca|wo) ?n ?'? ?t\b"
        ),
        r"\1n't",
    ),
    (re.compile(r"\bcannot\b"), "can't"),
    (re.compile(r"\bdo not\b"), "don't"),
    (re.compile(r"\bdid not\b"), "didn't"),
    (re.compile(r"\bwould not\b"), "wouldn't"),
    (re.compile(r"\bdoes not\b"), "doesn't"),
    (re.compile(r"\bwas not\b"), "wasn't"),
    (re.compile(r"\bwere not\b"), "weren't"),
    (re.compile(r"\bwanna\b"), "want to"),
    (re.compile(r"\bgonna\b"), "going to"),
    (re.compile(r"\bim\b"), "i'm"),
    (re.compile(r"\bi am\b"), "i'm"),
    (re.compile(r"\bive\b"), "i've"),
    (re.compile(r"\bmy self\b"), "myself"),
)


def plain(text: str) -> str:
    """Return lower-case words with straight apostrophes, no fillers, no marks, no stutter.

    Example:
        >>> plain("I, um, I just <UNSURE>don\\u2019t</UNSURE> wanna be here\\u2026")
        "i just don't want to be here"
    """
    text = unicodedata.normalize("NFKC", text).lower().translate(_QUOTES).translate(_DASHES)
    text = _MARKS.sub(" ", text)
    text = _SPACE.sub(" ", _PUNCTUATION.sub(" ", text))
    text = _SPACE.sub(" ", _FILLERS.sub(" ", text)).strip()
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    return _STUTTER.sub(r"\1", text)


@dataclass(frozen=True, kw_only=True)
class PhraseGroup:
    """Patterns of one kind, such as a wish to be dead.

    Args:
        label: What the notice calls it.
        patterns: Regular expressions over ``plain`` text; a blank stands for one blank, and
            ends are word borders.
        unless: Expressions; a hit that lies within the match of one of these does not count
            (figures of speech).
        source: Where the wording comes from.

    Raises:
        SetupError: An expression cannot be compiled.
    """

    label: str
    patterns: Sequence[str]
    source: str
    unless: Sequence[str] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        for pattern in (*self.patterns, *self.unless):
            if not isinstance(pattern, str):
                raise SetupError(f"safety phrase {pattern!r}: quote it in YAML ({self.label})")
            try:
                re.compile(pattern)
            except re.error as error:
                raise SetupError(f"safety phrase {pattern!r}: {error} ({self.label})") from error

    def find(self, text: str) -> tuple[str, ...]:
        """Return the words found in ``plain`` text, each stretch once."""
        excused = [m.span() for m in self._compiled(1).finditer(text)] if self.unless else []
        found = []
        for match in self._compiled(0).finditer(text):
            if not any(start <= match.start() and match.end() <= end for start, end in excused):
                found.append(match.group())
        return tuple(dict.fromkeys(found))

    def _compiled(self, which: int) -> re.Pattern[str]:
        return self._both[which]

    @cached_property
    def _both(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return _any_of(self.patterns), _any_of(self.unless)


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile(r"(?<![\w'])(?:" + "|".join(f"(?:{p})" for p in patterns) + r")(?![\w'])")
