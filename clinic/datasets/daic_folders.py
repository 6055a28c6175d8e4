"""Participant folders of DAIC as they come out of archives: nested, renamed, incomplete."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic.datasets.corpus import Finding, FindingKind
from clinic.datasets.label_files import finding

_FOLDER = re.compile(r"(\d{3})(_P)?", re.IGNORECASE)
_ARCHIVE = re.compile(r"(\d{3})_P\.(zip|tar|tar\.gz|tgz)", re.IGNORECASE)
_FILE = re.compile(r"(\d{3})_(.+)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """One kind of file in a participant's folder.

    Args:
        key: Our name of it.
        name: Documented name without the participant's number.
        pattern: Every spelling of that name, as a regular expression; case does not count.
    """

    key: str
    name: str
    pattern: str


def participant_folders(root: Path) -> tuple[dict[int, Path], list[Finding]]:
    """Find ``300_P`` or ``300``, in the corpus folder or in its ``data``, nested or not."""
    folders: dict[int, Path] = {}
    findings: list[Finding] = []
    for parent in (root, root / "data", root / "data" / "data"):
        if not parent.is_dir():
            continue
        # "300_P" before "300": the documented spelling wins.
        for path in sorted(parent.iterdir(), key=lambda p: (p.name[:3], -len(p.name), p.name)):
            name = _FOLDER.fullmatch(path.name)
            if name is None or not path.is_dir():
                continue
            number = int(name[1])
            if number in folders:
                text = f"a second folder {path.name}: the first found is used"
                findings.append(finding(FindingKind.CONTRADICTION, f"daic-{number}", text))
            else:
                folders[number] = path
    return folders, findings


def archives(root: Path) -> frozenset[int]:
    """Return the participants whose archive lies in the corpus folder or in its ``data``."""
    found = (_ARCHIVE.fullmatch(p.name) for f in (root, root / "data") if f.is_dir()
             for p in f.iterdir())  # fmt: skip
    return frozenset(int(match[1]) for match in found if match)


def files_of(
    folder: Path, number: int, kinds: Sequence[Shipped]
) -> tuple[Mapping[str, Path], list[Finding]]:
    """Find each kind of file below a participant's folder, at most three folders down.

    A file that bears another participant's number is never used: it would mix two people.
    """
    subject = f"daic-{number}"
    found: dict[str, Path] = {}
    findings: list[Finding] = []
    own: list[tuple[str, Path]] = []
    for path in _below(folder, 3):
        name = _FILE.fullmatch(path.name)
        if name is None:
            continue
        if int(name[1]) != number:
            text = f"holds a file of participant {name[1]} ({name[2][:60]}): not used"
            findings.append(finding(FindingKind.CONTRADICTION, subject, text))
        else:
            own.append((name[2], path))
    for kind in kinds:
        fits = [p for name, p in own if re.fullmatch(kind.pattern, name, re.IGNORECASE)]
        if not fits:
            text = f"no file {number}_{kind.name}"
            findings.append(finding(FindingKind.MISSING, subject, text))
            continue
        found[kind.key] = fits[0]
        if len(fits) > 1:
            text = f"{len(fits)} files for {kind.name}: {fits[0].name} is used"
            findings.append(finding(FindingKind.EXTRA, subject, text))
        if fits[0].stat().st_size == 0:
            text = f"{fits[0].name} is empty"
            findings.append(finding(FindingKind.UNREADABLE, subject, text))
    return found, findings


def _below(folder: Path, depth: int) -> list[Path]:
    """List files, those higher up first; what macOS and archives leave behind is passed over."""
    entries = [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "__"))]
    files = [path for path in entries if path.is_file()]
    if depth > 0:
        for path in entries:
            if path.is_dir():
                files += _below(path, depth - 1)
    return files
