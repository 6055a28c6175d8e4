"""EATD: three spoken answers of each Chinese volunteer, with the SDS questionnaire."""

import math
import re
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import (
    counts_against,
    finding,
    number,
    on_scale,
    one_class_only,
    part_named,
    text_of,
    without_repeats,
)
from clinic.datasets.plain_text import whole_utterance
from clinic.errors import DataError, SetupError
from clinic.records import Reference, Scale, Transcript

ANSWERS = ("positive", "negative", "neutral")
#: The SDS index is the raw total times 1.25 (Zung 1965, doi:10.1001/archpsyc.1965.01720310065008).
INDEX_FACTOR = 1.25
#: Some tables give the index as a whole number.
_ROUNDING = 1.0
_FOLDER = re.compile(r"([tv])_(\d+)")
_PUBLISHED = {
    "train": 83,
    "train depressed": 19,
    "validation": 79,
    "validation depressed": 11,
}


@dataclass(frozen=True, kw_only=True)
class Eatd:
    """Reads ``t_<n>`` and ``v_<n>``, or ``train/<n>`` and ``validation/<n>``.

    Each folder holds ``{positive,negative,neutral}.wav`` and ``.txt``, ``label.txt`` (raw SDS)
    and ``new_label.txt`` (SDS index). The text has no times: it is one utterance as long as
    its sound, and all of it is the volunteer's.

    Args:
        depression: Scale of the SDS index, 25 to 100.
        processed: Use the denoised ``_out.wav`` in place of the raw sound.
    """

    depression: Scale
    processed: bool
    name: str = "eatd"

    def read(self, root: Path) -> CorpusReading:
        """List the folder.

        Raises:
            SetupError: No volunteer's folder is there.
        """
        people = list(_people(root))
        if not people:
            raise SetupError(
                "no EATD folder: no t_<n>, v_<n>, train/<n> or validation/<n> with label.txt "
                "or an answer in it"
            )
        findings: list[Finding] = []
        items: list[CorpusItem] = []
        depressed: dict[str, int] = {}
        for participant, part, folder in people:
            score = self._score(participant, folder, findings)
            if not math.isnan(score):
                depressed[part] = depressed.get(part, 0) + (score >= self.depression.cutoff)
            items += self._items(participant, part, folder, score, findings)
        items = without_repeats(items, findings)
        counts = {}
        for part in ("train", "validation"):
            counts[part] = sum(found == part for _, found, _ in people)
            counts[f"{part} depressed"] = depressed.get(part, 0)
        cutoff = f"the cut-off {self.depression.cutoff:g} of the SDS index is not confirmed"
        text = f"{cutoff} by the corpus' authors: class counts may differ from theirs"
        findings.append(finding(FindingKind.REPAIRED, "labels", text))
        findings += one_class_only(items, self.depression)
        findings += counts_against(counts, _PUBLISHED, "EATD")
        return CorpusReading(
            corpus=self.name,
            items=tuple(items),
            findings=tuple(findings),
            counts=counts,
            published=_PUBLISHED,
        )

    def _score(self, participant: str, folder: Path, findings: list[Finding]) -> float:
        """Return the SDS index, NaN where neither file gives one on the scale."""
        raw, index = _number_in(folder / "label.txt"), _number_in(folder / "new_label.txt")
        from_raw = raw * INDEX_FACTOR
        if on_scale(index, self.depression):
            if abs(index - from_raw) > _ROUNDING:
                text = f"new_label.txt {index:g}, label.txt x 1.25 {from_raw:g}: the first is used"
                findings.append(finding(FindingKind.CONTRADICTION, participant, text))
            elif math.isnan(raw):
                text = "label.txt holds no number: new_label.txt is used"
                findings.append(finding(FindingKind.MISSING, participant, text))
            return index
        if on_scale(from_raw, self.depression):
            text = "new_label.txt holds no SDS index: label.txt x 1.25 is used"
            findings.append(finding(FindingKind.REPAIRED, participant, text))
            return from_raw
        text = "neither label.txt nor new_label.txt holds a score: no reference"
        findings.append(finding(FindingKind.MISSING, participant, text))
        return math.nan

    def _items(
        self, participant: str, part: str, folder: Path, score: float, findings: list[Finding]
    ) -> Iterator[CorpusItem]:
        for answer in ANSWERS:
            sound = folder / f"{answer}{'_out' if self.processed else ''}.wav"
            words = folder / f"{answer}.txt"
            name = f"{participant}-{answer}"
            for path in (sound, words):
                if not path.is_file():
                    text = f"{path.name} is not there"
                    findings.append(finding(FindingKind.MISSING, name, text))
            if not sound.is_file() and not words.is_file():
                continue
            yield CorpusItem(
                recording_id=name,
                participant_id=participant,
                reference=Reference(
                    recording_id=name,
                    participant_id=participant,
                    scores={} if math.isnan(score) else {self.depression.condition: score},
                ),
                part=part,
                media=sound if sound.is_file() else None,
                transcript=partial(_transcript, words, sound),
            )


def _people(root: Path) -> Iterator[tuple[str, str, Path]]:
    """Yield participant id, part and folder of every volunteer, in order of their numbers."""
    found: list[tuple[str, int, Path]] = []
    for path in root.iterdir():
        if path.is_dir() and (match := _FOLDER.fullmatch(path.name)):
            found.append((match[1], int(match[2]), path))
        elif path.is_dir() and (part := part_named(path.name)) in ("train", "validation"):
            for folder in path.iterdir():
                digits = folder.name.rpartition("_")[2]
                if folder.is_dir() and digits.isdecimal():
                    found.append(("t" if part == "train" else "v", int(digits), folder))
    for letter, count, folder in sorted(found, key=lambda entry: (entry[0], entry[1])):
        names = {path.name for path in folder.iterdir()}
        if names & {"label.txt", "new_label.txt", *(f"{answer}.wav" for answer in ANSWERS)}:
            yield f"eatd-{letter}-{count}", "train" if letter == "t" else "validation", folder


def _number_in(path: Path) -> float:
    try:
        return number(text_of(path).strip())
    except DataError:
        return math.nan


def _transcript(words: Path, sound: Path) -> Transcript | None:
    """Return the text as one utterance as long as the sound; None without a text file."""
    if not words.is_file():
        return None
    try:
        with wave.open(str(sound), "rb") as stream:
            duration_s = stream.getnframes() / stream.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError) as error:
        raise DataError(f"{sound.name} has no readable length, which its text needs") from error
    return whole_utterance(
        text_of(words), duration_s=duration_s, source_format="eatd", language="zh"
    )
