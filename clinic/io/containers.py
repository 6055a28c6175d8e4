"""Which media containers may be opened: known by their first bytes, never by their name.

FFmpeg guesses a format from the content and follows what it finds: a text file named .mp4 that
says ``ffconcat`` or ``#EXTM3U`` makes it decode other files. So the format is decided here from
magic numbers of plain containers, FFmpeg is told to use that one and no other, and it may open
no protocol but the local file.
"""

from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from clinic.errors import DataError

#: Name of the demuxer -> what a person calls the format.
CONTAINERS = {
    "mov": "MP4/MOV",
    "matroska": "Matroska/WebM",
    "avi": "AVI",
    "mpeg": "MPEG program stream",
    "mpegts": "MPEG transport stream",
    "wav": "WAV",
    "mp3": "MP3",
    "flac": "FLAC",
    "ogg": "Ogg",
    "aac": "AAC (ADTS)",
}

#: Containers whose timestamps begin anywhere: there second 0 is the first stream's start.
ARBITRARY_ORIGIN = frozenset({"mpeg", "mpegts", "mp3", "ogg", "aac"})

#: Endings under which a folder is searched for media. The content decides in the end.
MEDIA_SUFFIXES = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".m4a", ".3gp", ".mkv", ".webm", ".mka", ".avi", ".mpg"),
        *(".mpeg", ".ts", ".mts", ".m2ts", ".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus"),
        ".aac",
    )
)

_HEAD_BYTES = 4096
_MOV_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof")
_TS_SYNC = 0x47

#: Options that keep FFmpeg on this one file: no other protocol, no reference to other files.
_CLOSED = {"protocol_whitelist": "file"}
_CLOSED_MOV = {**_CLOSED, "enable_drefs": "0", "use_absolute_path": "0"}


def sniff_container(path: Path) -> str:
    """Return the demuxer that a file's first bytes call for, a key of ``CONTAINERS``.

    Raises:
        DataError: The file is missing, not a regular file, empty or of another format.
    """
    try:
        if not path.is_file():
            raise DataError(
                "media file is not a regular file" if path.exists() else "media file is missing"
            )
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
            head = _behind_id3(head, stream)
    except OSError as error:
        raise DataError(f"media file cannot be read: {error.strerror}") from error
    if not head:
        raise DataError("media file is empty (0 bytes)")
    name = _container_of(head)
    if name is None:
        raise DataError(
            "media file is of no known format by its first bytes; needed is one of "
            + ", ".join(CONTAINERS.values())
        )
    return name


def open_container(path: Path, name: str) -> Any:
    """Open a file with the one demuxer given; returns PyAV's ``InputContainer``.

    Raises:
        DataError: The header cannot be read: damaged or cut short.
    """
    options = _CLOSED_MOV if name == "mov" else _CLOSED
    try:
        # "file:" keeps a name like "concat:a|b" from being read as a protocol.
        return av.open(
            f"file:{path.resolve()}", format=name, options=options, metadata_errors="replace"
        )
    except (FFmpegError, ValueError, EOFError) as error:
        # Not chained: FFmpeg's own message holds the path.
        raise DataError(
            f"{CONTAINERS[name]} header cannot be read ({reason_of(error)}): "
            "the file is damaged or cut short"
        ) from None


def reason_of(error: Exception) -> str:
    """Return FFmpeg's words for an error without the path that it appends."""
    return getattr(error, "strerror", None) or type(error).__name__


def _behind_id3(head: bytes, stream: Any) -> bytes:
    """Return the bytes behind an ID3v2 tag, which MP3, AAC and FLAC files may carry in front."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return head
    shifts = (21, 14, 7, 0)  # seven bits a byte
    size = sum((byte & 0x7F) << n for byte, n in zip(head[6:10], shifts, strict=True))
    stream.seek(10 + size)
    behind: bytes = stream.read(_HEAD_BYTES)
    return behind.lstrip(b"\0") or b"ID3"


def _container_of(head: bytes) -> str | None:
    if head[4:8] in _MOV_BOXES:
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head[:4] in (b"RIFF", b"RF64"):
        return {b"WAVE": "wav", b"AVI ": "avi"}.get(head[8:12])
    for magic, name in ((b"OggS", "ogg"), (b"fLaC", "flac"), (b"\0\0\1\xba", "mpeg")):
        if head.startswith(magic):
            return name
    if _is_transport_stream(head):
        return "mpegts"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        layer = head[1] & 0x06
        if layer == 0:
            return "aac" if head[1] & 0xF0 == 0xF0 else None
        return "mp3"
    return None


def _is_transport_stream(head: bytes) -> bool:
    for packet, offset in ((188, 0), (192, 4)):
        marks = head[offset::packet]
        if len(marks) >= 4 and all(mark == _TS_SYNC for mark in marks):
            return True
    return False
