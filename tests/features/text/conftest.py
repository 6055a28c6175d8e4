"""Segments with words, and a recording around them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from clinic.records import AudioBlock, Recording, Role, Segment


@dataclass(frozen=True)
class NoSound:
    """An audio track that must not be asked for: text needs none."""

    sampling_rate_hz: int = 16000
    n_channels: int = 1
    start_s: float = 0.0
    duration_s: float = 3600.0

    def blocks(self, *, sampling_rate_hz: int, block_s: float = 10.0) -> Iterator[AudioBlock]:
        raise AssertionError("text features read no audio")

    def stretches(
        self,
        spans: Sequence[tuple[float, float]],
        *,
        sampling_rate_hz: int,
        channel: int | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        raise AssertionError("text features read no audio")


@pytest.fixture(scope="session")
def spoken() -> Callable[..., tuple[Recording, list[Segment]]]:
    """Make a recording and one participant segment a text."""

    def make(*texts: str | None, language: str | None = "en") -> tuple[Recording, list[Segment]]:
        recording = Recording(
            recording_id="r-1",
            participant_id="p-1",
            sha256="0" * 64,
            duration_s=3600.0,
            audio=NoSound(),
            video=None,
            language=language,
        )
        segments = [
            Segment(
                index=i,
                start_s=float(i),
                end_s=i + 1.0,
                speaker=Role.PARTICIPANT,
                origin="utterance",
                text=text,
            )
            for i, text in enumerate(texts)
        ]
        return recording, segments

    return make
