"""Recordings made from formulas: samples in memory behind the AudioTrack protocol."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from clinic.records import AudioBlock, Recording, Role, Segment, Transcript, Utterance

Samples = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class SamplesInMemory:
    """An audio track whose samples, shape (n_samples, n_channels), are already there."""

    samples: Samples
    sampling_rate_hz: int = 16000
    start_s: float = 0.0

    @property
    def n_channels(self) -> int:
        return self.samples.shape[1]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sampling_rate_hz

    def blocks(self, *, sampling_rate_hz: int, block_s: float = 10.0) -> Iterator[AudioBlock]:
        samples = self._at(sampling_rate_hz)
        step = round(block_s * sampling_rate_hz)
        for first in range(0, len(samples), step):
            yield AudioBlock(
                start_s=self.start_s + first / sampling_rate_hz,
                samples=samples[first : first + step],
            )

    def stretches(
        self,
        spans: Sequence[tuple[float, float]],
        *,
        sampling_rate_hz: int,
        channel: int | None = None,
    ) -> Iterator[Samples]:
        samples = self._at(sampling_rate_hz)
        mono = samples.mean(axis=1) if channel is None else samples[:, channel]
        starts = [start for start, _ in spans]
        assert starts == sorted(starts)
        for start_s, end_s in spans:
            first = max(0, round((start_s - self.start_s) * sampling_rate_hz))
            last = max(0, round((end_s - self.start_s) * sampling_rate_hz))
            yield mono[first:last]

    def _at(self, sampling_rate_hz: int) -> Samples:
        """Nearest-neighbour change of rate: enough for levels, exact at the track's own rate."""
        if sampling_rate_hz == self.sampling_rate_hz:
            return self.samples
        n = round(len(self.samples) * sampling_rate_hz / self.sampling_rate_hz)
        return self.samples[(np.arange(n) * self.sampling_rate_hz // sampling_rate_hz)]


MakeRecording = Callable[..., Recording]


@pytest.fixture
def recording_of() -> MakeRecording:
    """Make a recording from samples (mono or one column a channel) and utterances."""

    def make(
        samples: NDArray[np.floating],
        *,
        rate_hz: int = 16000,
        utterances: Sequence[Utterance] | None = None,
        roles: Sequence[Role] = (),
        has_speakers: bool = True,
        language: str | None = "en",
        start_s: float = 0.0,
    ) -> Recording:
        columns = np.asarray(samples, dtype=np.float32).reshape(len(samples), -1)
        transcript = None
        if utterances is not None:
            transcript = Transcript(
                utterances=tuple(utterances),
                source_format="test",
                has_speakers=has_speakers,
                sha256="0" * 64,
                language=language,
            )
        track = SamplesInMemory(samples=columns, sampling_rate_hz=rate_hz, start_s=start_s)
        return Recording(
            recording_id="r-1",
            participant_id="p-1",
            sha256="0" * 64,
            duration_s=start_s + track.duration_s,
            audio=track,
            video=None,
            transcript=transcript,
            language=language,
            channel_roles=tuple(roles),
        )

    return make


@pytest.fixture
def segments_at() -> Callable[..., list[Segment]]:
    """Make participant segments from spans in seconds, with texts where given."""

    def make(*spans: tuple[float, float], texts: Sequence[str | None] = ()) -> list[Segment]:
        said = list(texts) + [None] * (len(spans) - len(texts))
        return [
            Segment(
                index=i,
                start_s=start_s,
                end_s=end_s,
                speaker=Role.PARTICIPANT,
                origin="utterance" if said[i] is not None else "voice",
                text=said[i],
            )
            for i, (start_s, end_s) in enumerate(spans)
        ]

    return make
