"""A transcript file of any known format as a checked record."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clinic.errors import DataError
from clinic.io.transcripts import cues, daic, json_formats, own_csv, textgrid
from clinic.io.transcripts.decoding import decode
from clinic.io.transcripts.settle import settle
from clinic.io.transcripts.speakers import folded, roles_of
from clinic.io.transcripts.turns import Parsed
from clinic.records import Transcript

#: Endings of transcripts, the ones that say more first: a folder may hold several exports.
SUFFIXES = (".csv", ".textgrid", ".json", ".vtt", ".srt", ".tsv")

#: A day of speech is below 1 MB of words; larger files are something else.
_MAX_BYTES = 64 << 20


@dataclass(frozen=True, kw_only=True)
class ReadTranscript:
    """A transcript and what had to be mended, in words for the report."""

    transcript: Transcript
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TranscriptReader:
    """Reads our CSV, WebVTT, SRT, TextGrid, WhisperX, AWS, Vosk and DAIC by their content.

    Args:
        participant_names, interviewer_names: Speaker labels of each role; case does not
            count. A label in neither list is an error, never a guess.
        max_overlap_s: Overlap of one speaker's turns up to this is trimmed and said.
        max_overshoot_s: Turns up to this far past the end are clipped and said.
        max_word_gap_s: A longer pause between recognised words begins a new turn.
        encoding: Of files without a byte order mark.
    """

    participant_names: Sequence[str]
    interviewer_names: Sequence[str]
    max_overlap_s: float
    max_overshoot_s: float
    max_word_gap_s: float
    encoding: str = "utf-8"

    def read(
        self,
        paths: Sequence[Path],
        *,
        duration_s: float,
        language: str | None = None,
        participant_speaker: str | None = None,
    ) -> ReadTranscript:
        """Read one transcript, which may be spread over a file for each speaker.

        Args:
            paths: One file, or one for each speaker whose name ends in the speaker's label.
            duration_s: Length of the recording, for the check that they belong together.
            language: Tag from the manifest; it goes before the file's own.
            participant_speaker: The participant's label in this transcript.

        Raises:
            DataError: Missing, empty, wrongly encoded, of no known format, with times that
                cannot be, or with unknown speakers.
        """
        contents = [_content(path) for path in paths]
        parsed = [
            self._parse(decode(content, encoding=self.encoding), path.suffix)
            for content, path in zip(contents, paths, strict=True)
        ]
        if len(paths) > 1:
            parsed = [self._of_one(part, path) for part, path in zip(parsed, paths, strict=True)]
        turns = [turn for part in parsed for turn in part.turns]
        labels = {turn.speaker for turn in turns if turn.speaker is not None}
        roles = roles_of(
            labels,
            participant_names=self.participant_names,
            interviewer_names=self.interviewer_names,
            participant_speaker=participant_speaker,
        )
        settled = settle(
            turns,
            roles,
            duration_s=duration_s,
            max_overlap_s=self.max_overlap_s,
            max_overshoot_s=self.max_overshoot_s,
        )
        stated = next((part.language for part in parsed if part.language), None)
        transcript = Transcript(
            utterances=settled.utterances,
            source_format=parsed[0].source_format,
            has_speakers=bool(labels),
            sha256=_sha256(contents),
            language=language or stated,
        )
        notes = list(settled.notes)
        if language and stated and _primary(language) != _primary(stated):
            notes.append(f"transcript says language {stated}, the manifest {language}: the latter")
        return ReadTranscript(transcript=transcript, notes=tuple(notes))

    def _of_one(self, part: Parsed, path: Path) -> Parsed:
        """Take the speaker from the name's last part (``x_doctor``) where a file has only one."""
        name = path.stem.rpartition("_")[2]
        labels = {turn.speaker for turn in part.turns}
        if len(labels) > 1 or folded(name) not in self.known_names:
            return part
        turns = tuple(replace(turn, speaker=name) for turn in part.turns)
        return replace(part, turns=turns)

    @property
    def known_names(self) -> frozenset[str]:
        """Speaker names of both roles as they are compared."""
        return frozenset(folded(n) for n in (*self.participant_names, *self.interviewer_names))

    def _parse(self, text: str, suffix: str) -> Parsed:
        """Choose the reader by content; the ending decides only where the content cannot."""
        known = self.known_names
        start = text.lstrip()
        if textgrid.is_textgrid(text):
            return textgrid.parse(text)
        if start.startswith("WEBVTT"):
            return cues.parse_webvtt(start, known=known)
        if start.startswith(("{", "[")):
            return json_formats.parse(text, max_word_gap_s=self.max_word_gap_s)
        if daic.is_daic(text):
            return daic.parse(text)
        if own_csv.is_own_csv(text):
            return own_csv.parse(text)
        if "-->" in text:
            return cues.parse_srt(text, known=known)
        wanted = {
            ".csv": "a first line start_s,end_s,speaker,text",
            ".vtt": "a first line WEBVTT",
            ".srt": "cues with -->",
            ".json": "WhisperX, AWS Transcribe or Vosk JSON",
            ".textgrid": 'a first line File type = "ooTextFile"',
        }.get(suffix.lower(), "CSV, WebVTT, SRT, TextGrid, WhisperX, AWS, Vosk or DAIC")
        raise DataError(f"transcript is of no known format: {wanted} is needed")


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise DataError("transcript file is missing or not a regular file")
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"transcript has more than {_MAX_BYTES >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"transcript cannot be read: {error.strerror}") from error


def _sha256(contents: Sequence[bytes]) -> str:
    if len(contents) == 1:
        return hashlib.sha256(contents[0]).hexdigest()
    parts = b"".join(hashlib.sha256(content).digest() for content in contents)
    return hashlib.sha256(parts).hexdigest()


def _primary(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()
