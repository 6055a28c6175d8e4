"""What a writer expresses and what a reader feels: do the heads tell the two apart (EmoBank)?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency import SentenceAffect
from clinic.inconsistency.readers.affect import VALENCE
from clinic.inconsistency.training.emobank import read_emobank
from clinic.inconsistency.training.encoding import EncodedTexts, encode_texts
from clinic.inconsistency.training.rated_texts import RatedTexts
from clinic.validation.perspectives.ratings import (
    HalfMeans,
    disattenuated,
    halved,
    read_ratings,
    reliability,
)
from clinic.validation.study import Finding, StudyResult
from clinic.validation.study_intervals import (
    Weighted,
    mean_interval,
    weighted_area,
    weighted_correlation,
    weighted_interval,
)
from clinic.validation.words.data import as_recording

Floats = NDArray[np.float64]

SOURCE = "Buechel & Hahn (2017), EmoBank"
READER, WRITER = "reader", "writer"


@dataclass(frozen=True, kw_only=True, eq=False)
class Gaps:
    """Writer minus reader in valence, points of 1-5, by sentence: of the heads, of the people."""

    documents: tuple[str, ...]
    heads: Floats
    people: Floats


@dataclass(frozen=True, kw_only=True)
class WriterAndReader:
    """Compares the gap between the two heads with the gap between the two groups of raters.

    Args:
        reader: The shipped reader of the words; it is asked for both perspectives.
        folder: Below the data folder.
        encoder, encoder_sha256: Sentence encoder that the heads read.
        n_splits: Random halves of the raters.
        far_points: Gap of mean ratings that counts as far apart.
        n_draws: Draws of documents for an interval.
    """

    reader: SentenceAffect
    folder: str
    encoder: str
    encoder_sha256: str | None
    n_splits: int
    far_points: float
    n_draws: int
    seed: int

    @property
    def name(self) -> str:
        """File name of the page."""
        return "perspectives"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Words: what the writer expresses against what a reader feels"

    @property
    def needs(self) -> tuple[str, ...]:
        """EmoBank with its single ratings."""
        return (self.folder,)

    @property
    def about(self) -> str:
        """What is compared with what."""
        return (
            "EmoBank's sentences were rated twice by some five people each: what does the writer "
            "express, and what does a reader feel? Where the two differ, words would say one "
            "thing and do another. The shipped heads answer for both perspectives; their gap in "
            "valence is compared with the gap between the two groups' means on the 1,000 test "
            "sentences, on which no head was trained.\n\n"
            "**Ceiling.** Much of the gap between two means of five ratings is noise. How much is "
            "not, is measured by splitting both groups of raters in random halves "
            f"({self.n_splits} times, mean over them): the gap of one half against the gap of the "
            "other, brought to full length (Spearman-Brown). No reading can be expected to "
            "correlate with the gap by more than the square root of that reliability. The corpus "
            "lists single ratings that its authors left out of the published means; halves are "
            "made only of sentences none of whose ratings was left out.\n\n"
            f"Intervals draw documents again, {self.n_draws:,} times. Seed {self.seed}."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure."""
        folder = data / self.folder
        rated = read_emobank(folder)
        ratings = read_ratings(folder)
        halves = [
            halved(ratings, np.random.default_rng([self.seed, split]))
            for split in range(self.n_splits)
        ]
        of_gap = self._over_splits(
            "reliability of the gap writer minus reader, five ratings each",
            halves,
            [reliability(*(h.writer - h.reader).T) for h in halves],
            note="1: all of the gap is real, 0: all of it is noise; sentences none of whose "
            "ratings was left out by the authors",
        )
        gaps = self._gaps(rated)
        gap = self._gap_finding(gaps, ceiling=_ceiling(of_gap))
        findings = (
            gap,
            self._far_finding(gaps),
            of_gap,
            self._agreement(rated),
            self._over_splits(
                "valence, writers against readers without the raters' noise (Pearson, corrected "
                "for attenuation)",
                halves,
                [disattenuated(h) for h in halves],
                note="1 would mean that writers and readers differ by noise alone",
            ),
        )
        return StudyResult(
            findings=findings,
            verdict=self._verdict(gap, of_gap),
            untested=(
                "spoken language: sentences come from news, blogs, fiction, letters and essays",
                "languages other than English",
                "patients, and sentences in the context of a conversation",
            ),
        )

    def _verdict(self, gap: Finding, of_gap: Finding) -> str:
        return (
            f"The heads' gap between writer and reader correlates with the people's gap at "
            f"{gap.value:.2f}, where {_ceiling(of_gap):.2f} is the most that the raters' noise "
            f"allows: only {max(of_gap.value, 0.0):.0%} of that gap is more than noise. With such "
            "ratings nobody can tell words that say one thing and do another, and the heads' gap "
            "must not be read as if it could."
        )

    def _gap_finding(self, gaps: Gaps, *, ceiling: float) -> Finding:
        return self._finding(
            "valence, writer minus reader: gap of the heads against gap of the people (Pearson)",
            gaps.documents,
            weighted_correlation(gaps.heads, gaps.people),
            reference=ceiling,
            source="the most that the raters' noise allows",
            note=f"test sentences of at least {self.reader.min_words} words",
        )

    def _far_finding(self, gaps: Gaps) -> Finding:
        # 1e-9: means of fifths do not meet 0.6 exactly in floating point.
        far = np.abs(gaps.people) >= self.far_points - 1e-9
        return self._finding(
            "size of the heads' gap: does it find sentences on which people are at least "
            f"{self.far_points:g} points apart? (area under ROC)",
            gaps.documents,
            weighted_area(far, np.abs(gaps.heads)),
            reference=0.5,
            source="chance",
            note=f"{int(far.sum())} of {len(far)} sentences are that far apart",
        )

    def _agreement(self, rated: RatedTexts) -> Finding:
        return self._finding(
            "valence, mean of writers against mean of readers, all sentences (Pearson)",
            list(rated.units),
            weighted_correlation(_people(rated, WRITER), _people(rated, READER)),
            reference=0.661,
            source=SOURCE,
            note="a property of the corpus, not of our code",
        )

    def _gaps(self, rated: RatedTexts) -> Gaps:
        """Read the test sentences for both perspectives; those too short to read are left out."""
        test = rated.take(rated.in_split("test"))
        encoded = encode_texts(test.texts, encoder=self.encoder, encoder_sha256=self.encoder_sha256)
        heads = self._read(test.texts, encoded, WRITER) - self._read(test.texts, encoded, READER)
        known = np.isfinite(heads)
        people = _people(test, WRITER) - _people(test, READER)
        return Gaps(
            documents=tuple(str(document) for document in test.units[known]),
            heads=heads[known],
            people=people[known],
        )

    def _read(self, texts: Sequence[str], encoded: EncodedTexts, perspective: str) -> Floats:
        segments, extraction = as_recording(texts, encoded, table=self.reader.table)
        reader = replace(self.reader, perspective=perspective)
        return reader.read(segments, [extraction]).column(VALENCE)

    def _over_splits(
        self, what: str, halves: Sequence[HalfMeans], statistics: Sequence[Weighted], *, note: str
    ) -> Finding:
        parts = [(h.documents, s) for h, s in zip(halves, statistics, strict=True)]
        value, low, high = mean_interval(parts, n_draws=self.n_draws, seed=self.seed)
        return Finding(
            what=what,
            value=value,
            low=low,
            high=high,
            n=len(halves[0].documents),
            of="sentences, documents drawn",
            note=note,
        )

    def _finding(
        self, what: str, documents: Sequence[str], statistic: Weighted, *, reference: float,
        source: str, note: str,
    ) -> Finding:  # fmt: skip
        value, low, high = weighted_interval(
            documents, statistic, n_draws=self.n_draws, seed=self.seed
        )
        return Finding(
            what=what, value=value, low=low, high=high, n=len(documents),
            of="sentences, documents drawn", reference=reference, reference_source=source,
            note=note,
        )  # fmt: skip


def _ceiling(of_gap: Finding) -> float:
    return float(np.sqrt(max(of_gap.value, 0.0)))


def _people(rated: RatedTexts, perspective: str) -> Floats:
    return np.asarray(rated.targets[:, rated.outputs.index(f"{perspective}_{VALENCE}")])
