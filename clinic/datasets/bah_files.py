"""The text files of BAH: split lists, class ids, frame annotations, transcripts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from clinic.datasets.label_files import text_of
from clinic.errors import DataError
from clinic.io.transcripts.settle import settle
from clinic.io.transcripts.turns import Turn
from clinic.records import MomentLabel, Role, Transcript

#: The annotators' names of the two classes.
DEFAULT_CLASSES = {"With A-H": 1, "No A-H": 0}
#: Where a list with a label column has no label.
_NO_LABEL = ("", "-1")
_SPEAKER = "participant"


@dataclass(frozen=True, kw_only=True)
class SplitLine:
    """One video of a split list.

    Args:
        path: As the list gives it, with ``/``; may hold spaces.
        label: 1 with A/H, 0 without, None where the list gives none.
        transcript: The words on the line, empty where there are none.
    """

    path: str
    label: int | None
    transcript: str


def split_line(line: str, classes: Mapping[str, int]) -> SplitLine:
    """Read ``path,label,transcript`` or ``path[,transcript]``; nothing is quoted.

    The second field is a label where it is a class name, a class id or empty.

    Example:
        >>> split_line("Videos/7/a b.mp4,1,well, yes", DEFAULT_CLASSES).transcript
        'well, yes'
    """
    path, *rest = line.strip("\r\n").split(",", 2)
    known = {name.lower(): value for name, value in classes.items()}
    known |= {str(value): value for value in classes.values()}
    word = rest[0].strip().lower() if rest else ""
    is_label = word in known or (len(rest) == 2 and word in _NO_LABEL)
    return SplitLine(
        path=path.strip().replace("\\", "/"),
        label=known.get(word),
        transcript=",".join(rest[1:] if is_label else rest).strip(),
    )


class _PlainLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """YAML's safe loader, and Python tuples as lists; every other Python tag is refused."""


_PlainLoader.add_constructor(
    "tag:yaml.org,2002:python/tuple",
    lambda loader, node: loader.construct_sequence(node, deep=True),
)


def load_yaml(path: Path) -> Any:
    """Return plain values of a YAML file; tuples come as lists.

    Raises:
        DataError: Missing, no YAML, or with a tag that would build a Python object.
    """
    try:
        return yaml.load(text_of(path), Loader=_PlainLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DataError(f"{path.name} is no plain YAML (tuples aside)") from error


def class_ids(path: Path) -> dict[str, int]:
    """Return the class names with their ids from ``class_id.yaml``.

    Raises:
        DataError: Unreadable, or not one class with A/H and one without.
    """
    plain = load_yaml(path)
    names = [str(name) for name in plain] if isinstance(plain, dict) else []
    shown = [int(name.strip().lower().startswith("with ")) for name in names]
    if sorted(shown) == [0, 1] and list(plain.values()) == shown:
        return dict(zip(names, shown, strict=True))
    raise DataError(f"{path.name} does not say 'With A-H': 1 and 'No A-H': 0")


def frame_labels(plain: Any) -> list[tuple[int, int]]:
    """Return (frame, 0 or 1) in order of the frames; other marks are nobody's rating.

    Raises:
        DataError: No list of pairs of whole numbers, or a frame twice with both labels.
    """
    pairs = plain.get("frame_annotation") if isinstance(plain, dict) else None
    if not isinstance(pairs, list):
        raise DataError("frame annotation is no list of pairs (frame, label)")
    labels: dict[int, int] = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or not all(map(_is_whole, pair)):
            raise DataError("frame annotation holds an entry that is no pair (frame, label)")
        frame, label = int(pair[0]), int(pair[1])
        if frame < 0:
            raise DataError(f"frame annotation holds frame {frame}, 0 or more needed")
        if label in (0, 1) and labels.setdefault(frame, label) != label:
            raise DataError(f"frame annotation gives frame {frame} both labels")
    return sorted(labels.items())


def stretches(
    labels: Sequence[tuple[int, int]], *, frame_rate_hz: float, first_frame: int
) -> tuple[MomentLabel, ...]:
    """Join consecutive frames of one label; a frame without a label ends a stretch.

    Args:
        first_frame: Number of the frame at second 0.

    Raises:
        DataError: A frame before the first one.
    """
    runs: list[tuple[int, int, int]] = []
    for frame, label in labels:
        if runs and runs[-1][1] == frame and runs[-1][2] == label:
            runs[-1] = (runs[-1][0], frame + 1, label)
        else:
            runs.append((frame, frame + 1, label))
    if runs and runs[0][0] < first_frame:
        raise DataError(f"frame {runs[0][0]} lies before the first, {first_frame} (first_frame)")
    return tuple(
        MomentLabel(
            start_s=(start - first_frame) / frame_rate_hz,
            end_s=(end - first_frame) / frame_rate_hz,
            shown=label == 1,
        )
        for start, end, label in runs
    )


def chunk_transcript(
    path: Path, *, end_s: float | None, max_overlap_s: float, language: str | None
) -> Transcript:
    """Read ``{'chunks': [{'text', 'timestamp': (start, end)}]}`` of a speech recogniser.

    A chunk without an end ends where the next one begins, the last one with the video. A chunk
    without length is joined to the one before it.

    Args:
        end_s: Length of the video; None where it is not there.
        max_overlap_s: Overlap of neighbours up to this is trimmed.

    Raises:
        DataError: No such file, or times that cannot be.
    """
    plain = load_yaml(path)
    chunks = plain.get("chunks") if isinstance(plain, dict) else None
    if not isinstance(chunks, list):
        raise DataError(f"{path.name} holds no chunks")
    times = [_times(chunk, n) for n, chunk in enumerate(chunks, start=1)]
    turns: list[Turn] = []
    for index, (start_s, stop_s) in enumerate(times):
        text, place = str(chunks[index]["text"]).strip(), f"chunk {index + 1}"
        if stop_s is None:
            stop_s = times[index + 1][0] if index + 1 < len(times) else end_s
        if stop_s is None:
            raise DataError(f"{place} has no end and the video is not there to give it")
        if turns and stop_s <= start_s:
            turns[-1] = replace(turns[-1], text=f"{turns[-1].text} {text}".strip())
            continue
        turns.append(Turn(start_s=start_s, end_s=stop_s, text=text, place=place, speaker=_SPEAKER))
    settled = settle(
        turns,
        {_SPEAKER: Role.PARTICIPANT},
        duration_s=float("inf"),
        max_overlap_s=max_overlap_s,
        max_overshoot_s=float("inf"),
    )
    return Transcript(
        utterances=settled.utterances,
        source_format="bah",
        has_speakers=True,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        language=language,
    )


def _times(chunk: Any, count: int) -> tuple[float, float | None]:
    times = chunk.get("timestamp") if isinstance(chunk, dict) else None
    if not isinstance(times, list) or len(times) != 2 or "text" not in chunk:
        raise DataError(f"chunk {count} has no text or no timestamp of two times")
    start, end = times
    if not _is_time(start) or not (end is None or _is_time(end)):
        raise DataError(f"chunk {count}: a time is no number of seconds")
    return float(start), None if end is None else float(end)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
