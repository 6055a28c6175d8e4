"""Audio of a file, decoded when asked for, block by block, on the recording's clock."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from clinic.io.containers import open_container
from clinic.io.continuity import Continuity
from clinic.records import AudioBlock


@dataclass(frozen=True, kw_only=True)
class MediaAudio:
    """An ``AudioTrack``: what is known of the stream, and how to decode it again.

    Args:
        container: Name of the demuxer (``clinic.io.containers``).
        zero_s: Container time that is second 0 of the recording.
        start_s: Time of the first sample on the recording's clock.
        duration_s: Length of the sound; it ends at ``start_s + duration_s``.
        max_duration_s: Decoding stops with a DataError past this time.
    """

    path: Path
    container: str
    stream_index: int
    sampling_rate_hz: int
    n_channels: int
    start_s: float
    duration_s: float
    zero_s: float
    max_duration_s: float

    def blocks(self, *, sampling_rate_hz: int, block_s: float = 10.0) -> Iterator[AudioBlock]:
        """Yield consecutive blocks at the wished rate, on the container's clock.

        Sample k of the whole lies at ``round(start_s * rate) + k`` of a grid of the wished
        rate that begins at second 0: placement is exact to half a sample. Stretches that the
        timestamps leave out are silence, so that later sound keeps its time. Memory holds one
        block, whatever the length.

        Raises:
            DataError: The file can no longer be read.
        """
        first = round(self.start_s * sampling_rate_hz)
        size = max(1, round(block_s * sampling_rate_hz))
        position = first
        for samples in _in_blocks(self._resampled(sampling_rate_hz), size):
            yield AudioBlock(start_s=position / sampling_rate_hz, samples=samples)
            position += len(samples)

    def stretches(
        self,
        spans: Sequence[tuple[float, float]],
        *,
        sampling_rate_hz: int,
        channel: int | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """Yield mono samples of each half-open span, in the order given, in one pass.

        Each has ``round(end_s * rate) - round(start_s * rate)`` samples; the part of a span
        that lies outside the sound is silence. Memory holds the spans that are open at once.

        Args:
            spans: ``(start_s, end_s)`` with ascending starts; they may overlap.
            channel: Index of the channel; None gives the mean of all channels.

        Raises:
            ValueError: Starts not ascending, a span running backwards, or no such channel.
            DataError: The file can no longer be read.
        """
        starts = [start_s for start_s, _ in spans]
        if starts != sorted(starts) or any(end_s < start_s for start_s, end_s in spans):
            raise ValueError("spans with ascending starts, each running forward, are needed")
        if channel is not None and not 0 <= channel < self.n_channels:
            raise ValueError(f"channel {channel} of {self.n_channels}")
        return self._cut(spans, sampling_rate_hz, channel)

    def _cut(
        self, spans: Sequence[tuple[float, float]], rate_hz: int, channel: int | None
    ) -> Iterator[NDArray[np.float32]]:
        blocks = self.blocks(sampling_rate_hz=rate_hz, block_s=1.0)
        held: deque[tuple[int, NDArray[np.float32]]] = deque()
        reached = -1
        for start_s, end_s in spans:
            start, end = round(start_s * rate_hz), round(end_s * rate_hz)
            while held and held[0][0] + len(held[0][1]) <= start:
                held.popleft()
            while reached < end and (block := next(blocks, None)) is not None:
                mono = _mono(block.samples, channel)
                position = round(block.start_s * rate_hz)
                reached = position + len(mono)
                if reached > start:
                    held.append((position, mono))
            stretch = np.zeros(end - start, dtype=np.float32)
            for position, mono in held:
                low, high = max(position, start), min(position + len(mono), end)
                if low < high:
                    stretch[low - start : high - start] = mono[low - position : high - position]
            yield stretch

    def _resampled(self, rate_hz: int) -> Iterator[NDArray[np.float32]]:
        source = self._decoded()
        if rate_hz == self.sampling_rate_hz:
            yield from source
            return
        layout = _layout_of(self.n_channels)
        resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate_hz)
        for samples in source:
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples), format="fltp", layout=layout
            )
            frame.sample_rate = self.sampling_rate_hz
            for part in resampler.resample(frame):
                yield part.to_ndarray()
        for part in resampler.resample(None):
            yield part.to_ndarray()

    def _decoded(self) -> Iterator[NDArray[np.float32]]:
        continuity = Continuity(zero_s=self.zero_s, max_duration_s=self.max_duration_s)
        with open_container(self.path, self.container) as container:
            stream = container.streams[self.stream_index]
            only(container, stream)
            for packet in packets(container, stream):
                for frame in decode(packet)[0]:
                    yield from continuity.push(frame)


def only(container: Any, *streams: Any) -> None:
    """Let the demuxer pass over every stream but the given ones."""
    wanted = {stream.index for stream in streams}
    for stream in container.streams:
        if stream.index not in wanted:
            stream.discard = av.stream.Discard.all


def packets(container: Any, *streams: Any) -> Iterator[Any]:
    """Yield packets until the end, or until the file can be read no further."""
    try:
        yield from container.demux(*streams)
    except FFmpegError:
        # What is missing shows in the comparison with the declared duration (clinic.io.media).
        for stream in streams:
            yield from _flush(stream)


def decode(packet: Any) -> tuple[list[Any], bool]:
    """Return the frames of one packet, and whether it could be decoded."""
    try:
        return packet.decode(), True
    except (FFmpegError, ValueError):
        return [], False


def _flush(stream: Any) -> Iterator[Any]:
    packet = av.Packet()
    packet.stream = stream
    yield packet


def _layout_of(n_channels: int) -> str:
    return {1: "mono", 2: "stereo"}.get(n_channels, f"{n_channels} channels")


def _mono(samples: NDArray[np.float32], channel: int | None) -> NDArray[np.float32]:
    mixed = samples.mean(axis=1) if channel is None else samples[:, channel]
    return np.ascontiguousarray(mixed, dtype=np.float32)


def _in_blocks(parts: Iterable[NDArray[np.float32]], size: int) -> Iterator[NDArray[np.float32]]:
    """Cut arrays (n_channels, any) into arrays (size, n_channels); the last may be shorter."""
    waiting: list[NDArray[np.float32]] = []
    n_waiting = 0
    for part in parts:
        waiting.append(part.T)
        n_waiting += part.shape[1]
        if n_waiting >= size:
            whole = np.concatenate(waiting)
            n_full = n_waiting // size * size
            for begin in range(0, n_full, size):
                yield np.ascontiguousarray(whole[begin : begin + size])
            waiting = [whole[n_full:].copy()]
            n_waiting -= n_full
    if n_waiting:
        yield np.ascontiguousarray(np.concatenate(waiting))
