"""Counted words: who is spoken of, how absolute, how hesitant, how torn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

import numpy as np

from clinic.errors import SetupError
from clinic.features.text.disfluency import restarts
from clinic.features.text.language import language_notes
from clinic.features.text.table import segment_table
from clinic.features.text.word_list import WordList
from clinic.features.text.words import PhraseFinder, sentence_ends, words_of
from clinic.records import (
    Extraction,
    FeatureSpec,
    Modality,
    Recording,
    Segment,
    Stamp,
    stamp_of,
)

OWN = "counted from the transcript"
MATTR = "Covington & McFall (2010), doi:10.1080/09296171003643098"
TALK = "after Miller & Rollnick (2013), Motivational Interviewing, 3rd ed.; not validated"
RESTARTS = "Shriberg (1994), Preliminaries to a theory of speech disfluencies"


@dataclass(frozen=True, kw_only=True)
class LexicalCounts:
    """Shares of listed words, and a few counts, for each participant segment.

    Args:
        lists: Column name -> list. A column is the share of the segment's words that belong
            to an entry of its list.
        wish_list, contrast_list: Names of two lists; ``wish_then_contrast`` tells whether
            an entry of the first is followed by one of the second ("I want to, but").
        never_restarts: Words whose doubling is emphasis or grammar, not a new start.
        variety_window_words: Window of the moving-average type-token ratio; a segment with
            fewer words has none.
        min_words: With fewer words, shares are not observed: one word in two is no style.
        languages: Primary language subtags that the lists are made for.
    """

    lists: Mapping[str, WordList]
    wish_list: str
    contrast_list: str
    never_restarts: Sequence[str]
    variety_window_words: int
    min_words: int
    languages: Sequence[str]
    name: str = "lexical"

    def __post_init__(self) -> None:
        named = [("wish_list", self.wish_list), ("contrast_list", self.contrast_list)]
        named += [(f"lists.{k}.unless", e.unless) for k, e in self.lists.items() if e.unless]
        for setting, wish in named:
            if wish not in self.lists:
                raise SetupError(
                    f"lexical: word list {wish!r} is unknown, one of {', '.join(self.lists)} "
                    f"needed ({setting})"
                )

    @property
    def modality(self) -> Modality:
        """Read from the words."""
        return Modality.TEXT

    @cached_property
    def _finders(self) -> dict[str, PhraseFinder]:
        return {name: PhraseFinder(entry.entries) for name, entry in self.lists.items()}

    @cached_property
    def _specs(self) -> tuple[FeatureSpec, ...]:
        return (
            _spec("n_words", "1", inf, OWN, "amount of speech", "number of words"),
            *(
                _spec(name, "1", 1.0, entry.source, entry.group, entry.meaning)
                for name, entry in self.lists.items()
            ),
            _spec("wish_then_contrast", "1", 1.0, TALK, "ambivalence",
                  "a wish or need is followed by a but"),
            _spec("restart_share", "1", 1.0, RESTARTS, "hesitation",
                  "repeated and broken-off words, a share of all words"),
            _spec("word_variety", "1", 1.0, MATTR, "word choice",
                  "variety of words (1 = no word said twice nearby)"),
            _spec("word_length", "characters", inf, OWN, "word choice", "average length of words"),
            _spec("question_share", "1", 1.0, OWN, "word choice",
                  "share of sentences that are questions"),
        )  # fmt: skip

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Number of words, one share a list, and five measures of style."""
        return self._specs

    def stamp(self) -> Stamp:
        """Provenance; the lists belong to the settings."""
        stamp = stamp_of(self)
        lists = {name: list(entry.entries) for name, entry in self.lists.items()}
        return replace(stamp, settings={**stamp.settings, "lists": lists})

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Count the words of each segment; a segment without text is a row of NaN."""
        values = np.full((len(segments), len(self._specs)), np.nan)
        is_readable, notes = language_notes(recording, self.languages, segments)
        if is_readable:
            for row, segment in enumerate(segments):
                if segment.text is not None:
                    values[row] = self._measure(segment.text)
        table = segment_table(
            name=self.name,
            specs=self._specs,
            segments=segments,
            values=values,
            stamp=self.stamp(),
            notes=notes,
        )
        return Extraction(segments=table)

    def _runs(self, words: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
        """Return where each list's entries stand, without those inside its ``unless`` list."""
        found = {name: finder.find(words) for name, finder in self._finders.items()}
        runs = {}
        for name, entry in self.lists.items():
            barred = found[entry.unless] if entry.unless else []
            runs[name] = [
                (first, last)
                for first, last in found[name]
                if not any(start <= first and last <= end for start, end in barred)
            ]
        return runs

    def _wish_then_contrast(self, runs: Mapping[str, Sequence[tuple[int, int]]]) -> bool:
        wishes, contrasts = runs[self.wish_list], runs[self.contrast_list]
        return bool(wishes and contrasts) and wishes[0][1] <= contrasts[-1][0]

    def _measure(self, text: str) -> list[float]:
        """Return one row; NaN where there is too little to tell."""
        words = words_of(text)
        n_words = len(words)
        if n_words == 0:
            return [float("nan")] * len(self._specs)
        runs = self._runs(words)
        filled = {
            i
            for name, entry in self.lists.items()
            if entry.is_filler
            for first, last in runs[name]
            for i in range(first, last)
        }
        content = [word for i, word in enumerate(words) if i not in filled]
        shares = [sum(b - a for a, b in runs[name]) / n_words for name in self.lists]
        ends = sentence_ends(text)
        style = [
            float(self._wish_then_contrast(runs)),
            restarts(content, never=frozenset(self.never_restarts)) / n_words,
            moving_average_type_token_ratio(content, self.variety_window_words),
            float(np.mean([len(word) for word in content])) if content else float("nan"),
            ends.count("?") / len(ends) if ends else float("nan"),
        ]
        if n_words < self.min_words:
            return [float(n_words)] + [float("nan")] * (len(self._specs) - 1)
        return [float(n_words), *shares, *style]


def moving_average_type_token_ratio(words: Sequence[str], window: int) -> float:
    """Return the mean share of different words over all windows of so many words.

    NaN where there are fewer words than one window: a type-token ratio falls with length,
    so that a shorter text would look richer.

    Source:
        Covington & McFall (2010), doi:10.1080/09296171003643098.

    Example:
        >>> moving_average_type_token_ratio(["a", "b", "a"], 2)
        1.0
    """
    if len(words) < window:
        return float("nan")
    ratios = [len(set(words[i : i + window])) / window for i in range(len(words) - window + 1)]
    return float(np.mean(ratios))


def _spec(
    name: str, unit: str, maximum: float, source: str, group: str, meaning: str
) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit=unit,
        minimum=0.0,
        maximum=maximum,
        source=source,
        group=group,
        meaning=meaning,
    )
