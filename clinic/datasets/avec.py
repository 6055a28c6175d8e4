"""AVEC 2013 and 2014: spoken tasks before a camera, with one BDI-II total per session."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import (
    csv_rows,
    finding,
    number,
    on_scale,
    one_class_only,
    part_named,
    people_in_two_parts,
    text_of,
    without_repeats,
)
from clinic.errors import DataError, SetupError
from clinic.io.containers import MEDIA_SUFFIXES
from clinic.records import Reference, Scale

_LABEL = re.compile(r"(\d{3}_\d+)_Depression\.csv", re.IGNORECASE)
_MEDIA = re.compile(r"(\d{3}_\d+)_(.+)", re.IGNORECASE)
#: Words of a file name that tell the medium, not the task.
_MEDIUM_WORDS = frozenset({"video", "audio", "combined"})
_TASK_WORD = re.compile(r"[A-Za-z0-9]+")
#: Video goes before sound where a task has both.
_VIDEO = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".mpg"})


@dataclass(frozen=True, kw_only=True)
class Avec:
    """Reads ``203_1_<task>...`` media at any depth and ``203_1_Depression.csv``.

    ``203`` is the person, the same in both years, and ``203_1`` the session. A folder named
    after a part (train, dev, test and their long forms) on the way tells the official part.

    Args:
        depression: Scale of the BDI-II, 0 to 63.
        year: 2013 or 2014; stands in the recordings' ids.
        name: Name of the choice, such as ``avec2014``.
    """

    depression: Scale
    year: int
    name: str

    def read(self, root: Path) -> CorpusReading:
        """List the folder.

        Raises:
            SetupError: No medium of the expected name is there.
        """
        findings: list[Finding] = []
        labels: dict[str, float] = {}
        media: dict[tuple[str, str], Path] = {}
        for path in sorted(root.rglob("*")):
            if not path.is_file():
                continue
            if match := _LABEL.fullmatch(path.name):
                self._note_label(match[1], path, labels, findings)
            elif path.suffix.lower() in MEDIA_SUFFIXES:
                _note_media(path, media, findings)
        if not media:
            raise SetupError("no AVEC folder: no medium named like 203_1_Freeform_video.mp4")
        items = without_repeats(
            [
                self._item(root, session, task, path, labels)
                for (session, task), path in sorted(media.items())
            ],
            findings,
        )
        sessions = {session for session, _ in media}
        for session in sorted(sessions - set(labels)):
            text = "no readable BDI-II total: the session's recordings have no score"
            findings.append(finding(FindingKind.MISSING, f"session {session}", text))
        for session in sorted(set(labels) - sessions):
            text = "has a BDI-II total but no medium"
            findings.append(finding(FindingKind.MISSING, f"session {session}", text))
        if n_lost := sum(item.part is None for item in items):
            text = f"{n_lost} recordings lie in no folder named after an official part"
            findings.append(finding(FindingKind.MISSING, "parts", text))
        findings += people_in_two_parts(items)
        findings += one_class_only(items, self.depression)
        return CorpusReading(
            corpus=self.name,
            items=tuple(items),
            findings=tuple(findings),
            counts={
                "recordings": len(items),
                "sessions": len(sessions),
                "participants": len({item.participant_id for item in items}),
            },
        )

    def _note_label(
        self, session: str, path: Path, labels: dict[str, float], findings: list[Finding]
    ) -> None:
        try:
            cells = [cell for row in csv_rows(text_of(path)) for cell in row]
        except DataError:
            cells = []
        value = number(cells[0]) if len(cells) == 1 else float("nan")
        if not on_scale(value, self.depression):
            text = f"{path.name} does not hold one BDI-II total from 0 to 63"
            findings.append(finding(FindingKind.UNREADABLE, f"session {session}", text))
        elif labels.setdefault(session, value) != value:
            text = f"two totals, {labels[session]:g} and {value:g}: the first in order is used"
            findings.append(finding(FindingKind.CONTRADICTION, f"session {session}", text))

    def _item(
        self, root: Path, session: str, task: str, path: Path, labels: Mapping[str, float]
    ) -> CorpusItem:
        name = f"avec{self.year}-{session.replace('_', '-')}-{task}"
        person = f"avec-{session[:3]}"
        return CorpusItem(
            recording_id=name,
            participant_id=person,
            reference=Reference(
                recording_id=name,
                participant_id=person,
                scores={self.depression.condition: labels[session]} if session in labels else {},
            ),
            part=_part_on_the_way(path.relative_to(root)),
            media=path,
        )


def _note_media(path: Path, media: dict[tuple[str, str], Path], findings: list[Finding]) -> None:
    """Keep one medium for each task of a session: video before sound, then by path."""
    match = _MEDIA.fullmatch(path.stem)
    words = _TASK_WORD.findall(match[2].lower()) if match else []
    task = "-".join(word for word in words if word not in _MEDIUM_WORDS)
    if match is None or not words:
        text = "medium whose name does not begin with person and session: left out"
        findings.append(finding(FindingKind.EXTRA, path.name, text))
        return
    key = (match[1], task or "whole")
    other = media.get(key)
    if other is None or (path.suffix.lower() in _VIDEO and other.suffix.lower() not in _VIDEO):
        media[key] = path
    elif (path.suffix.lower() in _VIDEO) == (other.suffix.lower() in _VIDEO):
        text = f"two media of task {key[1]}: the first in order is used"
        findings.append(finding(FindingKind.CONTRADICTION, f"session {key[0]}", text))


def _part_on_the_way(path: Path) -> str | None:
    """Return the part that a folder on the way names, the innermost first."""
    for folder in reversed(path.parts[:-1]):
        if part := part_named(folder):
            return part
    return None
