"""Does hesitancy, blind to fillers, find the utterances in which people wrote fillers down?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.features.text.lexical import LexicalCounts
from clinic.features.text.words import words_of
from clinic.inconsistency import Hesitancy
from clinic.io.transcripts import TranscriptReader
from clinic.records import Extraction, Recording, Segment
from clinic.validation.hesitation.counts import (
    known_fillers,
    read_notes,
    restarts_per_100,
    share_of,
)
from clinic.validation.hesitation.data import Consultation, read_consultations, timing
from clinic.validation.hesitation.matched_pairs import matched_area
from clinic.validation.spoken_texts import text_recording
from clinic.validation.study import Finding, StudyResult
from clinic.validation.study_intervals import Weighted, weighted_area, weighted_interval

Floats = NDArray[np.float64]

UNIT = "utterances, consultations drawn"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """All utterances that were read, one row each.

    Args:
        blind, seeing: Hesitancy without fillers and rate, and as shipped.
        signs: Shape (n, n_signs), z scores without fillers and rate.
    """

    groups: tuple[str, ...]
    has_filler: NDArray[np.bool_]
    n_words: Floats
    blind: Floats
    seeing: Floats
    signs: Floats


@dataclass(frozen=True, kw_only=True)
class FillersUnseen:
    """Hesitancy without its fillers against the fillers that a transcriber wrote down.

    Args:
        lexical: Counts the words, as the product does.
        hesitancy: The shipped signal.
        transcripts: Reads the TextGrids.
        folder: Of PriMock57 below the data folder.
        participant: Whose utterances: ``patient`` or ``doctor``.
        fillers: Words that are taken out before anything is read.
        filler_list: The lexical column that counts them.
        length_edges: Bins of words in which utterances count as equally long.
        threshold: From which hesitancy on an utterance is called hesitant.
    """

    lexical: LexicalCounts
    hesitancy: Hesitancy
    transcripts: TranscriptReader
    folder: str
    participant: str
    fillers: Sequence[str]
    filler_list: str
    length_edges: Sequence[int]
    threshold: float
    n_draws: int
    seed: int

    @property
    def name(self) -> str:
        """File name of the page."""
        return "hesitation"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Hesitation in consultations"

    @property
    def needs(self) -> tuple[str, ...]:
        """PriMock57."""
        return (self.folder,)

    @property
    def about(self) -> str:
        """What is compared with what."""
        return (
            "57 mock consultations (PriMock57), transcribed by hand with the fillers (um, uh) "
            "written out as words; nothing else about hesitation is marked, and the tags of the "
            "transcripts mean that the transcriber was unsure, not the speaker. To find fillers "
            "by a list of fillers would be circular. So they are taken out of every utterance of "
            f"the {self.participant}, and hesitancy is read from what is left: hedges, discourse "
            "markers, restarts and time to answer. Rate is left out as well: the words left, over "
            "a time that the fillers were part of, would betray them. There is no sound, so pauses "
            "within an utterance are not read. The question is whether hesitancy is higher where a "
            "filler had stood. Long utterances hold more fillers whoever speaks: pairs matched for "
            "person and length take that out. Intervals draw consultations again, "
            f"{self.n_draws:,} times; seed {self.seed}."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure; see ``about``."""
        said = read_consultations(
            data / self.folder,
            self.transcripts,
            participant=self.participant,
            fillers=self.fillers,
        )
        rows = self._rows(said)
        findings = (
            *self._areas(rows),
            *self._at_threshold(rows),
            *self._counts(said, data / self.folder / "notes"),
        )
        return StudyResult(
            findings=findings,
            verdict=self._verdict({finding.what: finding for finding in findings}),
            untested=(
                "Pauses within an utterance: no sound.",
                "Restarts one by one: nobody marked them; false alarms in writing are counted.",
                "People who are unwell: patients are played by healthy speakers of English.",
            ),
        )

    def _rows(self, said: Sequence[Consultation]) -> _Rows:
        parts = []
        for one in said:
            recording = text_recording(one.name, one.transcript)
            blind = self._read(recording, one.stripped, one, has_rate=False)
            seeing = self._read(recording, one.segments, one, has_rate=True)
            read = np.isfinite(blind[:, 0]) & np.isfinite(seeing[:, 0])
            n_words = np.array([len(words_of(s.text or "")) for s in one.stripped], dtype=float)
            numbers = np.column_stack([n_words, seeing[:, 0], blind])[read]
            parts.append((one, read, numbers))
        numbers = np.concatenate([n for *_, n in parts])
        return _Rows(
            groups=tuple(one.name for one, read, _ in parts for _ in range(int(read.sum()))),
            has_filler=np.concatenate([one.n_fillers[read] > 0 for one, read, _ in parts]),
            n_words=numbers[:, 0],
            seeing=numbers[:, 1],
            blind=numbers[:, 2],
            signs=numbers[:, 3:],
        )

    def _read(
        self,
        recording: Recording,
        segments: Sequence[Segment],
        one: Consultation,
        *,
        has_rate: bool,
    ) -> Floats:
        """Return hesitancy, and the z score of each sign turned so that more is more hesitant."""
        tables: list[Extraction] = [
            self.lexical.extract(recording, segments),
            timing(segments, one.transcript, table="turn_taking", has_rate=has_rate),
        ]
        turn = np.sign([sign.weight for sign in self.hesitancy.signs.values()])
        scores = self.hesitancy.scores(segments, tables) * turn
        return np.hstack([self.hesitancy.values(segments, tables), scores])

    def _areas(self, rows: _Rows) -> tuple[Finding, ...]:
        bins = np.digitize(rows.n_words, self.length_edges).tolist()
        strata = list(zip(rows.groups, bins, strict=True))

        def matched(signal: Floats, name: str, note: str = "") -> Finding:
            seen = np.flatnonzero(np.isfinite(signal))
            groups = [rows.groups[i] for i in seen]
            return self._finding(
                f"{name}: AUROC, pairs of one person and length",
                groups,
                matched_area(
                    rows.has_filler[seen],
                    signal[seen],
                    strata=[strata[i] for i in seen],
                    groups=groups,
                ),
                note=note,
            )

        signs = [
            matched(column, name.replace("_", " "))
            for name, column in zip(self.hesitancy.signs, rows.signs.T, strict=True)
            if name != self.filler_list and np.isfinite(column).any()
        ]
        return (
            matched(rows.blind, "hesitancy without fillers"),
            self._finding(
                "hesitancy without fillers: AUROC, all pairs",
                rows.groups,
                weighted_area(rows.has_filler, rows.blind),
            ),
            self._finding(
                "number of words alone: AUROC, all pairs",
                rows.groups,
                weighted_area(rows.has_filler, rows.n_words),
                note="what length alone gives; matched pairs take it out",
            ),
            *signs,
            matched(
                rows.seeing,
                "hesitancy as shipped, fillers seen",
                note="circular: it counts what the label is made of",
            ),
        )

    def _at_threshold(self, rows: _Rows) -> tuple[Finding, ...]:
        called = (rows.blind >= self.threshold).astype(float)
        has = rows.has_filler.astype(float)
        above = f"hesitancy without fillers at or above {self.threshold:g} SD"
        return (
            self._finding(
                f"{above}: precision",
                rows.groups,
                share_of(called * has, called),
                reference=(float(has.mean()), "share of utterances with a filler"),
            ),
            self._finding(
                f"{above}: recall",
                rows.groups,
                share_of(called * has, has),
                reference=(float(called.mean()), "share of utterances called"),
            ),
        )

    def _counts(self, said: Sequence[Consultation], notes: Path) -> tuple[Finding, ...]:
        """Return what can be said of the word list and of restarts, which nobody marked."""
        never = frozenset(self.lexical.never_restarts)
        spoken = [(one.name, words_of(s.text or "")) for one in said for s in one.stripped]
        per_spoken, per_written = (
            restarts_per_100(texts, never=never) for texts in (spoken, read_notes(notes))
        )
        known = known_fillers(
            said, inventory=self.fillers, listed=self.lexical.lists[self.filler_list].entries
        )
        return (
            self._finding(
                "fillers written down that the word list knows (share)",
                *known,
                unit="fillers, consultations drawn",
                note="a check of spelling, no detection: the transcript says where they are",
            ),
            self._finding(
                "restarts per 100 words, spoken without fillers",
                *per_spoken,
                unit="utterances, consultations drawn",
            ),
            self._finding(
                "restarts per 100 words, the doctors' written notes",
                *per_written,
                unit="notes",
                note="all are false alarms",
            ),
        )

    def _finding(
        self,
        what: str,
        groups: Sequence[str],
        statistic: Weighted,
        *,
        unit: str = UNIT,
        note: str = "",
        reference: tuple[float, str] = (0.5, "chance"),
    ) -> Finding:
        value, low, high = weighted_interval(
            groups, statistic, n_draws=self.n_draws, seed=self.seed
        )
        has_reference = "AUROC" in what or reference[1] != "chance"
        return Finding(
            what=what, value=value, low=low, high=high, n=len(groups), of=unit,
            reference=reference[0] if has_reference else None,
            reference_source=reference[1] if has_reference else "", note=note,
        )  # fmt: skip

    @staticmethod
    def _verdict(found: Mapping[str, Finding]) -> str:
        main = found["hesitancy without fillers: AUROC, pairs of one person and length"]
        if main.low > 0.5:
            says = "is higher where a speaker used a filler"
        elif main.high < 0.5:
            says = "is lower where a speaker used a filler, against what it should be"
        else:
            says = "does not tell utterances with a filler from those without"
        return (
            f"Hesitancy that cannot see fillers {says}, of two utterances of one person and "
            f"length (AUROC {main.value:.2f}, {main.low:.2f} to {main.high:.2f}). It is a pointer "
            "to moments worth a look, no detector of hesitation."
        )
