"""Cut an utterance into words, and find words and phrases in it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Letters and digits with inner apostrophes and hyphens; a hyphen at the end marks a word
#: that the speaker broke off ("wa- want").
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+|-(?=[^\W_])[^\W_]+)*-?(?![^\W_])")

#: What a transcriber adds, such as [laughs], <noise> or (inaudible), was not said.
_ADDED = re.compile(r"\[[^\]]*\]|<[^>]*>|\((?:inaudible|unclear|laughs?|laughter|sighs?)\)", re.I)

_SENTENCE_END = re.compile(r"[.?!]+")


@dataclass(frozen=True, kw_only=True)
class PlacedWord:
    """A word in lower case, and where it stands: ``text[first:last]``."""

    word: str
    first: int
    last: int


def placed_words(text: str) -> list[PlacedWord]:
    """Return the words with their places in the text as it was given.

    Example:
        >>> [(w.word, w.first) for w in placed_words("<NOISE> I, um")]
        [('i', 8), ('um', 11)]
    """
    # As long as what it replaces, so that places stay true.
    spoken = _ADDED.sub(lambda mark: " " * len(mark.group()), text).replace("’", "'")
    return [
        PlacedWord(word=match.group().lower(), first=match.start(), last=match.end())
        for match in _WORD.finditer(spoken)
    ]


def words_of(text: str) -> list[str]:
    """Return the words in lower case, apostrophes straight, transcriber's marks left out.

    Example:
        >>> words_of("I'm [sighs] not -- wa- want to, um, GO.")
        ["i'm", 'not', 'wa-', 'want', 'to', 'um', 'go']
    """
    return [placed.word for placed in placed_words(text)]


def sentence_ends(text: str) -> list[str]:
    """Return the closing marks in order, one a sentence, each ``.``, ``?`` or ``!``.

    Example:
        >>> sentence_ends("Well... why? Really?!")
        ['.', '?', '?']
    """
    spoken = _ADDED.sub(" ", text)
    ends = []
    for match in _SENTENCE_END.finditer(spoken):
        mark = match.group()
        ends.append("?" if "?" in mark else mark[0])
    return ends


class PhraseFinder:
    """Counts words and phrases of a list; longer phrases win and no word counts twice.

    An entry ending in ``*`` stands for every word that begins so.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        phrases = {tuple(entry.lower().split()) for entry in entries}
        self._phrases = {phrase for phrase in phrases if not phrase[-1].endswith("*")}
        self._stems = tuple(
            sorted({phrase[0][:-1] for phrase in phrases if phrase[-1].endswith("*")})
        )
        self._lengths = sorted({len(phrase) for phrase in self._phrases}, reverse=True)

    def find(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """Return where entries stand, as half-open runs of word indices, in order."""
        runs = []
        first = 0
        while first < len(words):
            length = self._length_at(words, first)
            if length:
                runs.append((first, first + length))
            first += max(1, length)
        return runs

    def _length_at(self, words: Sequence[str], first: int) -> int:
        for length in self._lengths:
            run = tuple(words[first : first + length])
            if len(run) == length and run in self._phrases:
                return length
        return 1 if self._stems and words[first].startswith(self._stems) else 0
