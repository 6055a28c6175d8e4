"""The participant's time cut into segments, the rows of every segment-level table."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from clinic.errors import DataError
from clinic.io.splitting import Piece, join, split
from clinic.io.voice import VoiceActivity
from clinic.records import Recording, Role, Segment, Transcript


@dataclass(frozen=True, kw_only=True)
class Segmentation:
    """Segments in order, and how they came about, in words for the report."""

    segments: tuple[Segment, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Segmenter:
    """Cuts by the transcript, else by voice, else into windows of equal length.

    Args:
        merge_gap_s: Consecutive turns of the participant with a shorter gap are joined.
        min_segment_s: Shorter segments are joined to a neighbour where no one else spoke
            between them.
        max_segment_s: Longer ones are split, at words or sentences where the transcript
            allows, else in equal parts.
        window_s: Length of a window where there is no voice.
        min_voice_s: Less voice than this in the whole recording is noise.
        voice: Detector of voice for recordings without a transcript.
    """

    merge_gap_s: float
    min_segment_s: float
    max_segment_s: float
    window_s: float
    min_voice_s: float
    voice: VoiceActivity

    def segments(self, recording: Recording) -> Segmentation:
        """Cut one recording.

        Raises:
            DataError: Sound alone, without a transcript and without voice in it: there is
                nothing to measure.
        """
        if recording.transcript is not None:
            return self._by_utterance(recording.transcript)
        if recording.audio is not None:
            channel = recording.participant_channel
            stretches = self.voice.stretches(recording.audio, channel=channel)
            voice_s = sum(end_s - start_s for start_s, end_s in stretches)
            if voice_s >= self.min_voice_s:
                return self._by_voice(stretches, has_own_channel=channel is not None)
            if recording.video is None:
                heard = f"only {voice_s:.1f} s of voice" if voice_s else "no voice"
                raise DataError(
                    f"{heard} in {recording.audio.duration_s:.1f} s of sound, "
                    f"{self.min_voice_s:g} s needed (segmentation.min_voice_s), no transcript "
                    "and no video: nothing to measure"
                )
        return self._by_window(recording)

    def _by_utterance(self, transcript: Transcript) -> Segmentation:
        notes = []
        role = Role.PARTICIPANT
        if not transcript.has_speakers:
            role = Role.UNKNOWN
            notes.append(
                "the transcript does not tell speakers apart: every turn is taken for the "
                "participant's"
            )
        runs = _participant_runs(transcript)
        pieces = [piece for run in runs for piece in self._cut(run)]
        n_estimated = sum(piece.estimated for piece in pieces)
        if n_estimated:
            notes.append(
                f"{n_estimated} segments are parts of long turns without word times: "
                "their words are shared out by length"
            )
        return Segmentation(segments=_segments(pieces, role, "utterance"), notes=tuple(notes))

    def _by_voice(
        self, stretches: Sequence[tuple[float, float]], *, has_own_channel: bool
    ) -> Segmentation:
        pieces = self._cut([Piece(start_s=a, end_s=b) for a, b in stretches])
        if has_own_channel:
            note, role = "on the participant's channel", Role.PARTICIPANT
        else:
            note, role = "speakers are not told apart: an interviewer's voice counts", Role.UNKNOWN
        return Segmentation(
            segments=_segments(pieces, role, "voice"),
            notes=(f"no transcript: segments by voice activity, {note}",),
        )

    def _by_window(self, recording: Recording) -> Segmentation:
        n_windows = max(1, round(recording.duration_s / self.window_s))
        edges = [min(n * self.window_s, recording.duration_s) for n in range(n_windows)]
        edges.append(recording.duration_s)
        pieces = [Piece(start_s=a, end_s=b) for a, b in pairwise(edges)]
        reason = "no sound" if recording.audio is None else "no voice"
        return Segmentation(
            segments=_segments(pieces, Role.UNKNOWN, "window"),
            notes=(f"no transcript and {reason}: windows of {self.window_s:g} s",),
        )

    def _cut(self, run: Sequence[Piece]) -> list[Piece]:
        """Join short neighbours of one run, then split what is too long."""
        joined = join(
            run,
            merge_gap_s=self.merge_gap_s,
            min_segment_s=self.min_segment_s,
            max_segment_s=self.max_segment_s,
        )
        return [part for piece in joined for part in split(piece, self.max_segment_s)]


def _participant_runs(transcript: Transcript) -> list[list[Piece]]:
    """Group the participant's turns into runs in which nobody else began to speak."""
    wanted = {id(utterance) for utterance in transcript.participant_utterances}
    runs: list[list[Piece]] = [[]]
    for utterance in transcript.utterances:
        if id(utterance) not in wanted:
            runs.append([])
            continue
        runs[-1].append(
            Piece(
                start_s=utterance.start_s,
                end_s=utterance.end_s,
                text=utterance.text,
                words=utterance.words,
            )
        )
    return [run for run in runs if run]


def _segments(pieces: Sequence[Piece], role: Role, origin: str) -> tuple[Segment, ...]:
    return tuple(
        Segment(
            index=index,
            start_s=piece.start_s,
            end_s=piece.end_s,
            speaker=role,
            origin=origin,
            text=piece.text,
        )
        for index, piece in enumerate(pieces)
    )
