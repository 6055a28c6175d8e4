"""Ids of utterances as ids of recordings and participants."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from clinic.errors import SetupError
from clinic.io.identifiers import participant_id_problem, recording_id_problem, same_name

#: ``video$_$clip`` in MMSA's own files, ``video_clip`` and ``video[clip]`` in older ones.
_UTTERANCE = re.compile(r"(.+?)(?:\$_\$(.+)|_(\d+)|\[(\d+)\])")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, kw_only=True)
class Named:
    """Our ids of one utterance."""

    recording_id: str
    participant_id: str


def names_of(ids: Sequence[tuple[str, ...]]) -> list[Named]:
    """Return our ids, unique also where upper and lower case are the same.

    Args:
        ids: The file's id; or the file's, our recording id and our participant id.

    Raises:
        SetupError: An id stands twice, or one of ours cannot be used.
    """
    seen: set[str] = set()
    people: dict[str, str] = {}
    taken: set[str] = set()
    found = []
    for raw, *own in ids:
        if own:
            named = Named(recording_id=own[0], participant_id=own[1])
            problem = recording_id_problem(own[0]) or participant_id_problem(own[1])
            if problem:
                raise SetupError(f"MMSA file: {problem} (recording_id)")
        else:
            video, clip = _video_and_clip(raw)
            if video not in people:
                people[video] = _unique(f"mmsa-{_UNSAFE.sub('_', video)}", video, taken)
            person = people[video]
            name = f"{person}-{_UNSAFE.sub('_', clip)}" if clip else person
            if same_name(name) in seen and raw not in seen:
                name = f"{name}-{_digest(raw)}"
            named = Named(recording_id=name, participant_id=person)
        if raw in seen or same_name(named.recording_id) in seen:
            raise SetupError(f"MMSA file: the id {raw[:40]!r} stands twice")
        seen |= {raw, same_name(named.recording_id)}
        found.append(named)
    return found


def _video_and_clip(raw: str) -> tuple[str, str]:
    parts = _UTTERANCE.fullmatch(raw)
    if parts is None:
        return raw, ""
    return parts[1], next(part for part in parts.groups()[1:] if part is not None)


def _unique(name: str, raw: str, taken: set[str]) -> str:
    if same_name(name) in taken:
        name = f"{name}-{_digest(raw)}"
    taken.add(same_name(name))
    return name


def _digest(raw: str) -> str:
    return hashlib.sha256(raw.encode()).hexdigest()[:8]
