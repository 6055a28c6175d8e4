"""MODMA: 29 spoken answers of each subject in Lanzhou; a clinician's diagnosis and PHQ-9."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import finding, number, on_scale, one_class_only
from clinic.datasets.shipped.xlsx import read_sheet
from clinic.errors import DataError, SetupError
from clinic.records import Reference, Scale

FOLDER = "audio_lanzhou_2015"
SHEET = "subjects_information_audio_lanzhou_2015.xlsx"
N_ANSWERS = 29

_SUBJECT = re.compile(r"\d{8}")
_ANSWER = re.compile(r"0*([1-9]\d?)")
_SEXES = {"m": "male", "f": "female", "male": "male", "female": "female"}


@dataclass(frozen=True, kw_only=True)
class Modma:
    """Reads ``<8-digit subject>/01.wav`` to ``29.wav`` and the table of subjects.

    Each answer is a recording. Other questionnaires of the table (PHQ-9, GAD-7, PSQI) are not
    taken as attributes: they would give the label away.

    Args:
        depression: Scale of the column.
        column: Column of the table with the label, such as ``type`` or ``PHQ-9``.
        classes: Value of each word of that column; empty where it holds numbers.
    """

    depression: Scale
    column: str
    classes: Mapping[str, float]
    name: str = "modma"

    def read(self, root: Path) -> CorpusReading:
        """List the folder, or the folder ``audio_lanzhou_2015`` in it.

        Raises:
            SetupError: The table is not there, is no workbook, or lacks a needed column.
        """
        base = root / FOLDER if (root / FOLDER).is_dir() else root
        path = next((p for p in (base / SHEET, root / SHEET) if p.is_file()), None)
        if path is None:
            raise SetupError(f"no MODMA folder: {SHEET} is not there")
        findings: list[Finding] = []
        subjects = self._subjects(path, findings)
        folders = {p.name: p for p in base.iterdir() if p.is_dir() and _SUBJECT.fullmatch(p.name)}
        items: list[CorpusItem] = []
        for subject, reference in sorted(subjects.items()):
            if subject in folders:
                items += _items(reference, folders[subject], findings)
            else:
                text = "stands in the table, has no folder"
                findings.append(finding(FindingKind.MISSING, f"modma-{subject}", text))
        for subject in sorted(set(folders) - set(subjects)):
            text = "a folder without a line in the table: left out"
            findings.append(finding(FindingKind.EXTRA, f"modma-{subject}", text))
        scores = [
            score
            for subject in subjects
            if subject in folders
            for score in subjects[subject].scores.values()
        ]
        findings += one_class_only(items, self.depression)
        n_above = sum(score >= self.depression.cutoff for score in scores)
        return CorpusReading(
            corpus=self.name,
            items=tuple(items),
            findings=tuple(findings),
            counts={
                "participants": len(set(subjects) & set(folders)),
                f"at or above {self.depression.cutoff:g}": n_above,
                f"below {self.depression.cutoff:g}": len(scores) - n_above,
            },
        )

    def _subjects(self, path: Path, findings: list[Finding]) -> dict[str, Reference]:
        """Return the reference of each subject, without a recording's id yet."""
        try:
            rows = read_sheet(path)
        except DataError as error:
            raise SetupError(f"no MODMA folder: {error}") from error
        header = [str(cell or "").strip().lower() for cell in rows[0]] if rows else []
        for wanted in ("subject id", self.column.lower()):
            if wanted not in header:
                raise SetupError(f"{SHEET} has no column {wanted} (data.column)")
        subjects: dict[str, Reference] = {}
        for count, cells in enumerate(rows[1:], start=2):
            row = dict(zip(header, cells, strict=False))
            subject = _subject_id(row["subject id"])
            if subject is None:
                text = "no subject id of eight digits: the row is left out"
                findings.append(finding(FindingKind.UNREADABLE, f"table row {count}", text))
                continue
            name = f"modma-{subject}"
            if subject in subjects:
                text = "stands twice in the table: the first row is used"
                findings.append(finding(FindingKind.CONTRADICTION, name, text))
                continue
            score = self._score(row[self.column.lower()])
            if math.isnan(score):
                text = f"column {self.column} holds no usable value: no score"
                findings.append(finding(FindingKind.MISSING, name, text))
            sex = _SEXES.get(str(row.get("gender") or row.get("sex") or "").strip().lower())
            subjects[subject] = Reference(
                recording_id=name,
                participant_id=name,
                scores={} if math.isnan(score) else {self.depression.condition: score},
                attributes={"sex": sex} if sex else {},
            )
        return subjects

    def _score(self, cell: object) -> float:
        if self.classes:
            words = {word.lower(): value for word, value in self.classes.items()}
            return words.get(str(cell).strip().lower(), math.nan)
        value = number(cell)
        return value if on_scale(value, self.depression) else math.nan


def _subject_id(cell: object) -> str | None:
    """Return eight digits; a spreadsheet drops leading zeros."""
    text = str(cell).strip().removesuffix(".0")
    return text.zfill(8) if text.isdecimal() and len(text) <= 8 else None


def _items(reference: Reference, folder: Path, findings: list[Finding]) -> list[CorpusItem]:
    answers: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        match = _ANSWER.fullmatch(path.stem)
        if path.suffix.lower() == ".wav" and match and int(match[1]) <= N_ANSWERS:
            answers.setdefault(int(match[1]), path)
        else:
            text = f"{path.name} is none of 01.wav to {N_ANSWERS}.wav: left out"
            findings.append(finding(FindingKind.EXTRA, reference.participant_id, text))
    if len(answers) < N_ANSWERS:
        text = f"{len(answers)} of {N_ANSWERS} answers are there"
        findings.append(finding(FindingKind.MISSING, reference.participant_id, text))
    return [
        CorpusItem(
            recording_id=(name := f"{reference.participant_id}-{count:02d}"),
            participant_id=reference.participant_id,
            reference=Reference(
                recording_id=name,
                participant_id=reference.participant_id,
                scores=reference.scores,
                attributes=reference.attributes,
            ),
            media=path,
        )
        for count, path in sorted(answers.items())
    ]
