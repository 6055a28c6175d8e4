"""Texts as a recording of which nothing but the words is known."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.records import AudioBlock, Recording, Role, Segment, Transcript, Utterance


class _NoSound:
    """An audio track that cannot be heard: what reads words needs none."""

    sampling_rate_hz = 16000
    n_channels = 1
    start_s = 0.0

    def __init__(self, duration_s: float) -> None:
        self.duration_s = duration_s

    def blocks(
        self,
        *,
        sampling_rate_hz: int,  # noqa: ARG002
        block_s: float = 10.0,  # noqa: ARG002
    ) -> Iterator[AudioBlock]:
        raise AssertionError("a text was listened to")

    def stretches(
        self,
        spans: Sequence[tuple[float, float]],  # noqa: ARG002
        *,
        sampling_rate_hz: int,  # noqa: ARG002
        channel: int | None = None,  # noqa: ARG002
    ) -> Iterator[NDArray[np.float32]]:
        raise AssertionError("a text was listened to")


def text_recording(name: str, transcript: Transcript) -> Recording:
    """Return a recording around a transcript."""
    duration_s = max(u.end_s for u in transcript.utterances) + 1.0
    return Recording(
        recording_id=name,
        participant_id=name,
        sha256=transcript.sha256,
        duration_s=duration_s,
        audio=_NoSound(duration_s),
        video=None,
        transcript=transcript,
        language=transcript.language,
    )


def as_segments(texts: Sequence[str]) -> tuple[Segment, ...]:
    """Return texts as utterances of one person, 4 s long, 5 s apart."""
    return tuple(
        Segment(
            index=i,
            start_s=5.0 * i,
            end_s=5.0 * i + 4.0,
            speaker=Role.PARTICIPANT,
            origin="utterance",
            text=text,
        )
        for i, text in enumerate(texts)
    )


def english_transcript(segments: Sequence[Segment]) -> Transcript:
    """Return the transcript that such segments would come from."""
    return Transcript(
        utterances=tuple(
            Utterance(start_s=s.start_s, end_s=s.end_s, speaker=s.speaker, text=s.text or "")
            for s in segments
        ),
        source_format="text",
        has_speakers=True,
        sha256="0" * 64,
        language="en",
    )
