"""One row of a manifest as values, before ids are checked; and paths kept inside their root."""

import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from clinic.records import Condition, Role


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a manifest row or a found file says.

    Args:
        place: Where it stands, such as ``row 5``, for messages.
        problem: First thing that is wrong with it.
    """

    place: str
    recording_id: str
    participant_id: str
    media_path: Path | None
    transcript_paths: tuple[Path, ...] = ()
    language: str | None = None
    channel_roles: tuple[Role, ...] = ()
    visit_date: date | None = None
    participant_speaker: str | None = None
    references: Mapping[Condition, float] = field(default_factory=dict)
    problem: str | None = None
    notes: tuple[str, ...] = ()


class PathRefusedError(ValueError):
    """A path that may not be followed; the message names no path."""


def inside(root: Path, name: str) -> Path:
    """Return a file below ``root``: regular, and reached without any link.

    Names are tried as written and in both Unicode normal forms, because file systems differ.

    Raises:
        PathRefusedError: Missing, outside the root, behind a link, or not a regular file.
    """
    relative = Path(name.strip().replace("\\", "/"))
    root = root.resolve()
    spellings = [
        str(relative),
        unicodedata.normalize("NFC", str(relative)),
        unicodedata.normalize("NFD", str(relative)),
    ]
    for spelling in dict.fromkeys(spellings):
        path = root / spelling
        if ".." in path.parts or not path.is_relative_to(root):
            raise PathRefusedError("lies outside the manifest's folder")
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise PathRefusedError("cannot be read") from error
        if path.resolve() != path:
            raise PathRefusedError("is a link or lies behind one: links are not followed")
        if not stat.S_ISREG(found.st_mode):
            raise PathRefusedError("is not a regular file")
        return path
    raise PathRefusedError("is missing")
