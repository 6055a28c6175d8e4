"""A folder without a manifest: every media file is a recording, named by its stem."""

import os
from collections.abc import Sequence
from pathlib import Path

from clinic.errors import SetupError
from clinic.io.containers import MEDIA_SUFFIXES
from clinic.io.rows import PathRefusedError, Row, inside
from clinic.io.transcripts import SUFFIXES

NO_MANIFEST = "no manifest: recording and participant are named by the file"


def files_of_folder(
    folder: Path, *, speaker_names: Sequence[str], only: Path | None = None
) -> list[Row]:
    """Find media below a folder, sorted, with the transcripts of the same stem beside them.

    Hidden files are passed over; a link is listed with its problem and not followed.

    Args:
        speaker_names: ``x_NAME.TextGrid`` is one speaker's transcript of ``x.mp4``.
        only: The one file wanted.

    Raises:
        SetupError: The folder cannot be read.
    """

    def fail(error: OSError) -> None:
        raise SetupError(f"input folder cannot be read: {error.strerror} (input)") from error

    found: list[Path] = []
    for here, folders, names in os.walk(folder, onerror=fail, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(here) / name
            for name in sorted(names)
            if not name.startswith(".") and Path(name).suffix.lower() in MEDIA_SUFFIXES
        ]
        if only is not None:
            break
    chosen = [path for path in found if only is None or path.name == only.name]
    if only is not None and not chosen:
        chosen = [only]
    return [
        _row(path, folder, f"file {number}", speaker_names)
        for number, path in enumerate(chosen, start=1)
    ]


def _row(path: Path, root: Path, place: str, speaker_names: Sequence[str]) -> Row:
    notes = [NO_MANIFEST]
    problem = None
    media = None
    try:
        media = inside(root, str(path.relative_to(root)))
    except PathRefusedError as error:
        problem = f"{place}: media file {error}"
    transcripts: tuple[Path, ...] = ()
    if media is not None:
        candidates, per_speaker = _transcripts(media, speaker_names)
        transcripts = candidates[:1] or per_speaker
        if len(candidates) > 1:
            notes.append(
                f"{len(candidates)} transcripts of the same name: {candidates[0].suffix} is used"
            )
    return Row(
        place=place,
        recording_id=path.stem,
        participant_id=path.stem,
        media_path=media,
        transcript_paths=transcripts,
        problem=problem,
        notes=tuple(notes),
    )


def _transcripts(
    media: Path, speaker_names: Sequence[str]
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return transcripts with the stem of the media, best format first, and one per speaker."""
    stems = {f"{media.stem}_{name}".casefold() for name in speaker_names}
    own, per_speaker = [], []
    for path in sorted(media.parent.iterdir()):
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES or path.is_symlink() or not path.is_file():
            continue
        if path.stem == media.stem:
            own.append(path)
        elif path.stem.casefold() in stems:
            per_speaker.append(path)
    own.sort(key=lambda path: SUFFIXES.index(path.suffix.lower()))
    return tuple(own), tuple(per_speaker)
