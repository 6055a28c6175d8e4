"""Read the participant's stretches of a recording, one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError
from clinic.records import (
    AudioTrack,
    FeatureSpec,
    FeatureTable,
    Modality,
    Recording,
    Segment,
    Stamp,
)


def audio_of(recording: Recording) -> AudioTrack:
    """Return the audio track.

    Raises:
        DataError: The recording has none.
    """
    if recording.audio is None:
        raise DataError(f"recording {recording.recording_id} has no audio: speech features need it")
    return recording.audio


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretch:
    """The sound of one segment.

    Args:
        row: The segment's place in the sequence that was asked for.
        start_s: Time of the first sample on the container's clock.
        samples: Shape (n_samples,), mono; fewer than the segment is long where it reaches
            past the end of the sound, none where it lies outside.
        share: Share of the segment's time for which there is sound, in [0, 1].
    """

    row: int
    start_s: float
    samples: NDArray[np.float32]
    share: float


def participant_speech(
    recording: Recording, segments: Sequence[Segment], *, sampling_rate_hz: int
) -> Iterator[Stretch]:
    """Yield the sound of each segment, in order of start, in one pass over the file.

    The participant's own channel where the recording has one, otherwise all channels mixed
    down.

    Raises:
        DataError: The recording has no audio, or it cannot be read.
    """
    audio = audio_of(recording)
    first_s, last_s = audio.start_s, audio.start_s + audio.duration_s
    rows = sorted(range(len(segments)), key=lambda row: segments[row].start_s)
    spans = [
        (
            min(max(segments[row].start_s, first_s), last_s),
            min(max(segments[row].end_s, first_s), last_s),
        )
        for row in rows
    ]
    sounds = audio.stretches(
        spans, sampling_rate_hz=sampling_rate_hz, channel=recording.participant_channel
    )
    for row, (start_s, end_s), samples in zip(rows, spans, sounds, strict=True):
        share = (end_s - start_s) / segments[row].duration_s
        yield Stretch(row=row, start_s=start_s, samples=samples, share=min(1.0, share))


def voice_table(
    *,
    name: str,
    specs: tuple[FeatureSpec, ...],
    segments: Sequence[Segment],
    values: NDArray[np.float64],
    coverage: NDArray[np.float64],
    stamp: Stamp,
    notes: tuple[str, ...],
) -> FeatureTable:
    """Return the segment table of a component that listens."""
    return FeatureTable(
        name=name,
        modality=Modality.VOICE,
        row_kind="segment",
        specs=specs,
        start_s=np.array([segment.start_s for segment in segments], dtype=np.float64),
        end_s=np.array([segment.end_s for segment in segments], dtype=np.float64),
        values=values,
        coverage=coverage,
        stamp=stamp,
        notes=notes,
    )
