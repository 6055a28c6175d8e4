"""Conflict within the words against mixed feelings (GoEmotions) and sarcasm (MUStARD)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.features.text.clauses import Clauses
from clinic.features.text.lexical import LexicalCounts
from clinic.features.text.words import words_of
from clinic.inconsistency import Ambivalence
from clinic.records import Extraction, FeatureTable
from clinic.validation.sarcasm.data import Comments, Lines, read_comments, read_lines
from clinic.validation.spoken_texts import (
    as_segments,
    english_transcript,
    text_recording,
)
from clinic.validation.study import Finding, StudyResult
from clinic.validation.study_intervals import weighted_area, weighted_interval, weighted_mean

Floats = NDArray[np.float64]
Answers = NDArray[np.bool_]

FEELING_TURN = "feeling_turn"


@dataclass(frozen=True, kw_only=True)
class WithinTheWords:
    """The shipped signals of conflict within the words, on two sets of texts.

    Args:
        lexical, clauses: Features as the product makes them.
        ambivalence: The shipped score, with its parts; what needs sound stays unread.
        mustard, goemotions: Folders below the data folder.
        columns: Parts of the score that are reported, besides the score.
    """

    lexical: LexicalCounts
    clauses: Clauses
    ambivalence: Ambivalence
    mustard: str
    goemotions: str
    columns: Sequence[str]
    n_draws: int
    seed: int

    @property
    def name(self) -> str:
        """File name of the page."""
        return "sarcasm"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Within the words: mixed feelings and sarcasm"

    @property
    def needs(self) -> tuple[str, ...]:
        """MUStARD and GoEmotions."""
        return (self.mustard, self.goemotions)

    @property
    def about(self) -> str:
        """What is compared with what."""
        return (
            "GoEmotions: comments to which people gave emotions; a comment has mixed feelings "
            "where it was given a positive and a negative one. The labels are those that at least "
            "two people gave, not always the same two, so that some of the mixture is raters who "
            "differ. Counted are all splits: no part of the signals was trained on these labels "
            "(valence is trained on EmoBank), and the word lists were not fitted to any data. "
            "How far the valence turns at a word of contrast is read only where there is one; the "
            "area is over those comments, beside that of their length.\n\n"
            "MUStARD: 690 lines of television series, half of them sarcastic, the speaker's "
            "earlier lines of the scene standing before them. Sarcasm is what is meant against "
            "what is said, mostly told by voice, face and situation: words alone should find "
            "little. A sign that was not observed counts as none, but for the turn of feeling, "
            "which is scored where it was read. Intervals draw comments, lines or speakers again, "
            f"{self.n_draws:,} times; seed {self.seed}."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure; see ``about``."""
        mixed = self._mixed(read_comments(data / self.goemotions))
        sarcasm = self._sarcasm(read_lines(data / self.mustard))
        return StudyResult(
            findings=(*mixed, *sarcasm),
            verdict=_verdict(mixed, sarcasm),
            untested=(
                "Spoken interviews: both sets are written or scripted.",
                "Talk of change: neither set is about a change that somebody considers.",
                "Languages other than English.",
            ),
        )

    def _mixed(self, comments: Comments) -> tuple[Finding, ...]:
        contrast = np.array(
            [self.clauses.contrast.find(text) is not None for text in comments.texts]
        )
        turned = [comments.texts[i] for i in np.flatnonzero(contrast)]
        columns = self._columns([(text,) for text in turned])
        mixed = comments.is_mixed[contrast]
        n_words = np.array([float(len(words_of(text))) for text in turned])
        of = "comments"
        return (
            self._area(
                "mixed feelings: a contrast with two sides, AUROC",
                comments.is_mixed,
                contrast.astype(float),
                of=of,
                note=f"{int(comments.is_mixed.sum())} mixed; {int(contrast.sum())} with a contrast",
            ),
            self._finding(
                "mixed feelings: share of the mixed comments that have a contrast",
                contrast[comments.is_mixed].astype(float),
                of=of,
                reference=(float(contrast.mean()), "share of all comments"),
            ),
            self._area(
                "mixed feelings, among contrasts: turn of feeling, AUROC",
                mixed,
                columns[FEELING_TURN],
                of=of,
                note=f"{int(mixed.sum())} mixed",
            ),
            self._area(
                "mixed feelings, among contrasts: number of words, AUROC",
                mixed,
                n_words,
                of=of,
                note="control",
            ),
        )

    def _sarcasm(self, lines: Lines) -> tuple[Finding, ...]:
        scenes = [(*before, text) for before, text in zip(lines.before, lines.texts, strict=True)]
        columns = self._columns(scenes)
        found = []
        for name in (*self.columns, "ambivalence"):
            column = columns[name]
            signal = column if name == FEELING_TURN else np.where(np.isnan(column), 0.0, column)
            shown = name.replace("_", " ")
            found.append(
                self._area(
                    f"sarcasm: {shown}, AUROC",
                    lines.is_sarcastic,
                    signal,
                    of="lines",
                    note=f"read in {int(np.isfinite(column).sum())} of {len(column)} lines",
                )
            )
        score = np.where(np.isnan(columns["ambivalence"]), 0.0, columns["ambivalence"])
        return (
            *found,
            self._area(
                "sarcasm: ambivalence, AUROC, speakers drawn",
                lines.is_sarcastic,
                score,
                of=f"lines, {len(set(lines.speakers))} speakers drawn",
                groups=lines.speakers,
            ),
        )

    def _columns(self, scenes: Sequence[tuple[str, ...]]) -> dict[str, Floats]:
        """Return the columns of the last text of each scene.

        Scenes are told apart by what a stance is held against: each is read alone.
        """
        flat = [text for scene in scenes for text in scene]
        segments = as_segments(flat)
        recording = text_recording("texts", english_transcript(segments))
        tables = [
            extractor.extract(recording, segments).segments
            for extractor in (self.lexical, self.clauses)
        ]
        rows: list[dict[str, float]] = []
        first = 0
        for scene in scenes:
            here = slice(first, first + len(scene))
            first += len(scene)
            own = [Extraction(segments=_rows(table, here)) for table in tables]
            columns = self.ambivalence.columns(segments[here], own)
            score = self.ambivalence.values(segments[here], own)[-1, 0]
            rows.append(
                {name: float(c[-1]) for name, c in columns.items()} | {"ambivalence": score}
            )
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}

    def _area(
        self,
        what: str,
        positive: Answers,
        signal: Floats,
        *,
        of: str,
        groups: Sequence[str] | None = None,
        note: str = "",
    ) -> Finding:
        """Return an area under the ROC curve over the texts where the signal was read."""
        seen = np.flatnonzero(np.isfinite(signal))
        ids = [groups[i] if groups is not None else f"{i:06d}" for i in seen]
        value, low, high = weighted_interval(
            ids, weighted_area(positive[seen], signal[seen]), n_draws=self.n_draws, seed=self.seed
        )
        return Finding(
            what=what, value=value, low=low, high=high, n=len(seen), of=of, reference=0.5,
            reference_source="chance", note=note,
        )  # fmt: skip

    def _finding(
        self, what: str, values: Floats, *, of: str, reference: tuple[float, str]
    ) -> Finding:
        ids = [f"{i:06d}" for i in range(len(values))]
        value, low, high = weighted_interval(
            ids, weighted_mean(values), n_draws=self.n_draws, seed=self.seed
        )
        return Finding(
            what=what, value=value, low=low, high=high, n=len(values), of=of,
            reference=reference[0], reference_source=reference[1],
        )  # fmt: skip


def _rows(table: FeatureTable, rows: slice) -> FeatureTable:
    """Return some rows of a table."""
    return replace(
        table,
        start_s=table.start_s[rows],
        end_s=table.end_s[rows],
        values=table.values[rows],
        coverage=table.coverage[rows],
    )


def _verdict(mixed: Sequence[Finding], sarcasm: Sequence[Finding]) -> str:
    turn = next(f for f in mixed if "turn of feeling" in f.what)
    score = sarcasm[-1]
    feeling = "agrees" if turn.low > 0.5 else "was not shown to agree"
    finds = "finds" if score.low > 0.5 else "does not find"
    return (
        f"The turn of feeling at a but {feeling} with mixed feelings that people saw (AUROC "
        f"{turn.value:.2f}, {turn.low:.2f} to {turn.high:.2f}), among comments with a contrast; "
        "most mixed feelings come without one. Conflict within the words "
        f"{finds} sarcasm (AUROC {score.value:.2f}, {score.low:.2f} to {score.high:.2f}). It is a "
        "sign to look at, weak by itself."
    )
