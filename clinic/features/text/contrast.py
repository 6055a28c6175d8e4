"""Where an utterance turns: the word of contrast, and what stands on either side of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from clinic.errors import SetupError
from clinic.features.text.words import PhraseFinder, PlacedWord, placed_words

_SENTENCE_ENDS = frozenset(".?!")


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One turn of an utterance.

    Args:
        at_word: Index of the first word of contrast.
        first, second: What is said before and after it.
    """

    at_word: int
    first: str
    second: str


@dataclass(frozen=True, kw_only=True)
class ContrastFinder:
    """Finds the first word of contrast that has enough words on both sides.

    The first side is what the sentence says before the word; where the word opens its
    sentence ("I would. But I can't."), it is the sentence before. A subordinating word that
    opens a sentence ("Although I want to, I can't") has both sides behind it, up to and from
    the comma.

    Args:
        joining: Words that stand between the two sides, in lower case.
        opening: Subordinating words; between two sides they join them as well.
        unless: Phrases that contain one of these without any contrast ("nothing but").
        min_side_words: Fewer words on a side say too little.
        max_side_words: Only so many words next to the contrast are taken.

    Source:
        Fraser (1999), doi:10.1016/S0378-2166(98)00101-5: contrastive discourse markers relate
        the segment that they introduce to the one before.
    """

    joining: Sequence[str]
    opening: Sequence[str]
    unless: Sequence[str]
    min_side_words: int
    max_side_words: int

    def __post_init__(self) -> None:
        if not self.joining:
            raise SetupError("contrast: no word of contrast is listed (joining)")
        if not 1 <= self.min_side_words <= self.max_side_words:
            raise SetupError(
                f"contrast: {self.min_side_words} to {self.max_side_words} words a side, at "
                "least 1 and no fewer than min_side_words needed (max_side_words)"
            )

    @cached_property
    def _finder(self) -> PhraseFinder:
        # Longer phrases win, so that what is barred swallows the word of contrast inside it.
        return PhraseFinder([*self.joining, *self.opening, *self.unless])

    @cached_property
    def _barred(self) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(phrase.split()) for phrase in self.unless)

    @cached_property
    def _opening(self) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(phrase.split()) for phrase in self.opening)

    def find(self, text: str) -> Contrast | None:
        """Return the first contrast with two sides, None where there is none."""
        placed = placed_words(text)
        words = [word.word for word in placed]
        opens = _sentence_openings(text, placed)
        for first, last in self._finder.find(words):
            phrase = tuple(words[first:last])
            if phrase in self._barred:
                continue
            sides = self._sides(text, placed, opens, first, last, phrase in self._opening)
            if sides is not None:
                return Contrast(at_word=first, first=sides[0], second=sides[1])
        return None

    def _sides(
        self,
        text: str,
        placed: Sequence[PlacedWord],
        opens: Sequence[bool],
        first: int,
        last: int,
        is_opening: bool,
    ) -> tuple[str, str] | None:
        end = next((i for i in range(last, len(placed)) if opens[i]), len(placed))
        if opens[first] and is_opening:
            comma = _comma_after(text, placed, last, end)
            before, after = (last, comma), (comma, end)
        else:
            begin = max(0, first - 1) if opens[first] else first
            while begin > 0 and not opens[begin]:
                begin -= 1
            before, after = (begin, first), (last, end)
        before = (max(before[0], before[1] - self.max_side_words), before[1])
        after = (after[0], min(after[1], after[0] + self.max_side_words))
        if min(before[1] - before[0], after[1] - after[0]) < self.min_side_words:
            return None
        return _cut(text, placed, *before), _cut(text, placed, *after)


def _sentence_openings(text: str, placed: Sequence[PlacedWord]) -> list[bool]:
    """Tell for each word whether a sentence begins with it."""
    opens = []
    end = 0
    for place, word in enumerate(placed):
        opens.append(place == 0 or not _SENTENCE_ENDS.isdisjoint(text[end : word.first]))
        end = word.last
    return opens


def _comma_after(text: str, placed: Sequence[PlacedWord], first: int, end: int) -> int:
    """Return the index of the first word behind a comma, ``end`` where there is none."""
    for place in range(first + 1, end):
        if "," in text[placed[place - 1].last : placed[place].first]:
            return place
    return end


def _cut(text: str, placed: Sequence[PlacedWord], first: int, last: int) -> str:
    return text[placed[first].first : placed[last - 1].last]
