"""LMVD: features of vlogs in Chinese and other languages; the id tells the class."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import (
    counts_against,
    csv_rows,
    finding,
    number,
    one_class_only,
    text_of,
)
from clinic.datasets.shipped.landmarks import read_landmarks
from clinic.datasets.shipped.npy import array_table, numbered, read_npy
from clinic.errors import DataError, SetupError
from clinic.records import FeatureTable, Modality, Reference, Scale

VIDEO, AUDIO = "Video_feature", "Audio_feature"

#: Published ids, first and last: (depressed, range).
_RANGES = ((1.0, 1, 601), (0.0, 602, 1116), (1.0, 1117, 1423), (0.0, 1425, 1824))
_PUBLISHED = {
    "recordings": 1823,
    "depressed": 908,  # 601 + 307 ids
    "not depressed": 915,  # 515 + 400 ids
}
_ID = re.compile(r"0*([1-9]\d{0,4})")
_LABEL = re.compile(r"0*([1-9]\d{0,4})_Depression\.csv", re.IGNORECASE)
_SOURCE = "LMVD, He et al. (2024), arXiv:2407.00024"


@dataclass(frozen=True, kw_only=True)
class Lmvd:
    """Reads ``Video_feature/<id>.csv``, ``Audio_feature/<id>.npy`` and the label files.

    An id is a number: ``001``, ``0001`` and ``1`` are the same video. The corpus names no
    persons and has no official split.

    Args:
        depression: Scale of the annotation: 0 normal, 1 depressed.
        frame_rate_hz: Pictures a second, where a file has no timestamps.
        audio_row_s: Seconds from one row of sound to the next.
    """

    depression: Scale
    frame_rate_hz: float
    audio_row_s: float
    name: str = "lmvd"

    def read(self, root: Path) -> CorpusReading:
        """List the folder.

        Raises:
            SetupError: Neither ``Video_feature`` nor ``Audio_feature`` is there.
        """
        if not (root / VIDEO).is_dir() and not (root / AUDIO).is_dir():
            raise SetupError(f"no LMVD folder: neither {VIDEO} nor {AUDIO} is there")
        findings: list[Finding] = []
        video = _by_id(root / VIDEO, ".csv", findings)
        audio = _by_id(root / AUDIO, ".npy", findings)
        labels = _labels(root, findings)
        documented = [k for _, first, last in _RANGES for k in range(first, last + 1)]
        found = set(video) | set(audio)
        items = [self._item(k, video.get(k), audio.get(k), labels, findings) for k in sorted(found)]
        absent = [k for k in documented if k not in found]
        if absent:
            text = f"{len(absent)} of {len(documented)} published ids have no file: {_runs(absent)}"
            findings.append(finding(FindingKind.MISSING, "ids", text))
        for k in sorted(set(labels) - found):
            text = "has a label but no feature file"
            findings.append(finding(FindingKind.MISSING, _name(k), text))
        findings.append(
            finding(
                FindingKind.REPAIRED,
                "participants",
                "the corpus names no persons: each video counts as its own participant",
            )
        )
        findings += one_class_only(items, self.depression)
        scores = [score for item in items for score in item.reference.scores.values()]
        counts = {
            "recordings": len(items),
            "depressed": sum(score == 1 for score in scores),
            "not depressed": sum(score == 0 for score in scores),
        }
        findings += counts_against(counts, _PUBLISHED, "LMVD")
        return CorpusReading(
            corpus=self.name,
            items=tuple(items),
            findings=tuple(findings),
            counts=counts,
            published=_PUBLISHED,
        )

    def _item(
        self,
        k: int,
        video: Path | None,
        audio: Path | None,
        labels: Mapping[int, float],
        findings: list[Finding],
    ) -> CorpusItem:
        name = _name(k)
        for path, what in ((video, VIDEO), (audio, AUDIO)):
            if path is None:
                findings.append(finding(FindingKind.MISSING, name, f"no file in {what}"))
        by_range, by_file = _class_of(k), labels.get(k)
        if by_range is None:
            text = "the id lies outside the published ranges: its label file alone counts"
            findings.append(finding(FindingKind.EXTRA, name, text))
        elif by_file is not None and by_file != by_range:
            text = f"label file says {by_file:g}, the id's range {by_range:g}: the file is used"
            findings.append(finding(FindingKind.CONTRADICTION, name, text))
        label = by_range if by_file is None else by_file
        return CorpusItem(
            recording_id=name,
            participant_id=name,
            reference=Reference(
                recording_id=name,
                participant_id=name,
                scores={} if label is None else {self.depression.condition: label},
            ),
            tables=partial(self._tables, video, audio),
        )

    def _tables(self, video: Path | None, audio: Path | None) -> tuple[FeatureTable, ...]:
        tables: list[FeatureTable] = []
        if video is not None:
            tables.append(
                read_landmarks(video, frame_rate_hz=self.frame_rate_hz, name="lmvd_landmarks")
            )
        if audio is not None:
            tables.append(
                array_table(
                    read_npy(audio, n_columns=128),
                    name="lmvd_vggish",
                    modality=Modality.VOICE,
                    row_s=self.audio_row_s,
                    columns=numbered("vggish", 128),
                    unit="1",
                    source=_SOURCE,
                    meaning="dimension of the VGGish embedding of the sound",
                )
            )
        return tuple(tables)


def _name(k: int) -> str:
    return f"lmvd-{k:04d}"


def _class_of(k: int) -> float | None:
    return next((label for label, first, last in _RANGES if first <= k <= last), None)


def _by_id(folder: Path, suffix: str, findings: list[Finding]) -> dict[int, Path]:
    """Return the file of each id; of two spellings the first in order is used."""
    found: dict[int, Path] = {}
    if not folder.is_dir():
        findings.append(finding(FindingKind.MISSING, folder.name, "the folder is not there"))
        return found
    for path in sorted(folder.iterdir()):
        match = _ID.fullmatch(path.stem)
        if path.suffix.lower() != suffix or match is None:
            text = f"is no <id>{suffix}: left out"
            findings.append(finding(FindingKind.EXTRA, f"{folder.name}/{path.name}", text))
        elif int(match[1]) in found:
            text = f"{found[int(match[1])].name} and {path.name} are one id: the first is used"
            findings.append(finding(FindingKind.CONTRADICTION, _name(int(match[1])), text))
        else:
            found[int(match[1])] = path
    return found


def _labels(root: Path, findings: list[Finding]) -> dict[int, float]:
    """Read every ``NNN_Depression.csv`` at the root or one folder below."""
    labels: dict[int, float] = {}
    paths = [*root.glob("*_Depression.csv"), *root.glob("*/*_Depression.csv")]
    if not paths:
        text = "no NNN_Depression.csv (unpack the labels archive): the id's range tells the class"
        findings.append(finding(FindingKind.MISSING, "labels", text))
    for path in sorted(paths):
        match = _LABEL.fullmatch(path.name)
        if match is None:
            text = "is no NNN_Depression.csv: left out"
            findings.append(finding(FindingKind.EXTRA, path.name, text))
            continue
        k, value = int(match[1]), _only_value(path)
        if value not in (0.0, 1.0):
            text = f"{path.name} holds no single 0 or 1: the id's range tells the class"
            findings.append(finding(FindingKind.UNREADABLE, _name(k), text))
        elif k in labels and labels[k] != value:
            text = "two label files disagree: the first in order is used"
            findings.append(finding(FindingKind.CONTRADICTION, _name(k), text))
        else:
            labels[k] = value
    return labels


def _only_value(path: Path) -> float | None:
    """Return the one number of a file, under a header or not; None for anything else."""
    try:
        cells = [cell for row in csv_rows(text_of(path)) for cell in row]
    except DataError:
        return None
    return number(cells[-1]) if 1 <= len(cells) <= 2 else None


def _runs(ids: Sequence[int], most: int = 5) -> str:
    """Return ids as runs, such as ``1-3, 7``; the first few."""
    runs: list[list[int]] = []
    for k in ids:
        if runs and runs[-1][1] == k - 1:
            runs[-1][1] = k
        else:
            runs.append([k, k])
    words = [str(a) if a == b else f"{a}-{b}" for a, b in runs]
    return ", ".join(words[:most]) + (", ..." if len(words) > most else "")
