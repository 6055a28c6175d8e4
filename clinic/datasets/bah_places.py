"""Where things of a BAH video lie, and how it is named without date, time or file name."""

import hashlib
import re
import unicodedata
from pathlib import Path

from clinic.errors import DataError
from clinic.io.containers import open_container, sniff_container
from clinic.io.identifiers import identifying, recording_id_problem

_VISIT = re.compile(r"Visite_(\d+)", re.IGNORECASE)
_QUESTION = re.compile(r"Question_(\d+)", re.IGNORECASE)
_MICROSECONDS = 1_000_000


def feature_folders(root: Path, base: Path, name: str) -> dict[str, Path]:
    """Return the feature folder of each video's name without its ending."""
    folders: dict[str, Path] = {}
    for place in (base / name, root / name):
        if place.is_dir():
            for array in place.rglob("*.npy"):
                folders.setdefault(array.parent.name.removesuffix(".mp4"), array.parent)
    return folders


def ids_of(path: str) -> tuple[str, str]:
    """Return recording and participant id of a listed path, without date or file name."""
    inner = key_of(path)
    person = inner.split("/")[0]
    if recording_id_problem(person) or identifying(person):
        person = _digest(person)
    visit, question = _VISIT.search(inner), _QUESTION.search(inner)
    where = (f"-v{visit[1]}" if visit else "") + (f"-q{question[1]}" if question else "")
    return f"bah-{person}{where}-{_digest(inner)}", f"bah-{person}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def key_of(path: str) -> str:
    """Return a video's path from the participant's folder on, in one spelling."""
    parts = unicodedata.normalize("NFC", path.strip().replace("\\", "/")).split("/")
    if "Videos" in parts:
        return "/".join(parts[parts.index("Videos") + 1 :])
    return "/".join(parts[1:]) if len(parts) > 2 else "/".join(parts)


def stem_of(path: str) -> str:
    return unicodedata.normalize("NFC", path).rpartition("/")[2].rpartition(".")[0]


def video_below(base: Path, path: str) -> Path | None:
    """Return the video below the folder, None where it is not there."""
    for place in (base / path, base / "Videos" / key_of(path)):
        if place.is_file():
            return place
    return None


def rate_and_length(video: Path) -> tuple[float, float]:
    """Return pictures a second and length in seconds from a video's header.

    Raises:
        DataError: No readable video with a rate and a length.
    """
    with open_container(video, sniff_container(video)) as container:
        streams = container.streams.video
        rate = streams[0].average_rate if streams else None
        duration = container.duration
    if not rate or not duration:
        raise DataError("the video's header gives no frame rate or no length")
    return float(rate), duration / _MICROSECONDS
