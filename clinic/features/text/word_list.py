"""A list of words and phrases that becomes one column of the lexical table."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinic.errors import SetupError


@dataclass(frozen=True, kw_only=True)
class WordList:
    """One list with its source.

    Args:
        entries: Words and phrases in lower case; ``word*`` stands for every word that
            begins so.
        source: Where the list comes from.
        group: Feature group shown in explanations.
        meaning: A few plain words for the reader of a report.
        unless: Name of another list; an entry standing inside one of its entries does not
            count ("want to" inside "don't want to").
        is_filler: The words carry no content ("um", "you know"); they are left out of
            variety, word length and repetitions.
    """

    entries: Sequence[str]
    source: str
    group: str
    meaning: str
    unless: str | None = None
    is_filler: bool = False

    def __post_init__(self) -> None:
        for entry in self.entries:
            if entry != entry.lower() or not entry.strip():
                raise SetupError(f"word list: entry {entry!r} is empty or not in lower case")
            if "*" in entry and (" " in entry or entry.index("*") != len(entry) - 1):
                raise SetupError(f"word list: entry {entry!r}, one word with * at its end needed")
        if not self.entries:
            raise SetupError("word list: it is empty")
