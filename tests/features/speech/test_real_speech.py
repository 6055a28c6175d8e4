"""Real speech: pitch against an autocorrelation of our own, words against known ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clinic.features.speech.egemaps import EGeMAPS
from clinic.features.speech.turn_taking import TurnTaking
from clinic.records import Recording, Role, Segment, Utterance

RATE_HZ = 16000
PITCH = "F0semitoneFrom27.5Hz_sma3nz_percentile50.0"

#: Turns of the 11 s recording, heard by ear.
SPANS = [(0.3, 2.3), (3.2, 7.7), (8.1, 10.8)]
TEXTS = [
    "And so my fellow Americans",
    "ask not what your country can do for you",
    "ask what you can do for your country",
]


@pytest.fixture(scope="module")
def speech(shared_data: Path) -> NDArray[np.float32]:
    import av

    resampler = av.AudioResampler("fltp", "mono", RATE_HZ)
    parts: list[Any] = []
    with av.open(str(shared_data / "media" / "speech" / "jfk.flac")) as container:
        for frame in container.decode(audio=0):
            parts += resampler.resample(frame)
        parts += resampler.resample(None)
    return np.concatenate([part.to_ndarray()[0] for part in parts])


def autocorrelation_pitch_hz(samples: NDArray[np.float32]) -> float:
    """Median over frames of 64 ms of the highest peak of the normalised autocorrelation."""
    window = np.hanning(1024)
    bias = np.fft.irfft(np.abs(np.fft.rfft(window, 4096)) ** 2)[:1024]
    lags = slice(RATE_HZ // 400, RATE_HZ // 70)
    found = []
    for first in range(0, len(samples) - 1024, 160):
        frame = samples[first : first + 1024] * window
        raw = np.fft.irfft(np.abs(np.fft.rfft(frame, 4096)) ** 2)[:1024]
        ratio = (raw / raw[0]) / (bias / bias[0])
        lag = lags.start + int(np.argmax(ratio[lags]))
        if raw[0] > 0.5 and ratio[lag] > 0.6:
            found.append(RATE_HZ / lag)
    return float(np.median(found))


def test_pitch_of_real_speech(
    speech: NDArray[np.float32],
    recording_of: Callable[..., Recording],
    segments_at: Callable[..., list[Segment]],
) -> None:
    component = EGeMAPS(
        min_segment_s=0.3, min_voiced_share=0.1, descriptors=[], sampling_rate_hz=RATE_HZ
    )
    table = component.extract(recording_of(speech), segments_at(*SPANS)).segments
    for (start_s, end_s), semitones in zip(SPANS, table.column(PITCH), strict=True):
        own_hz = autocorrelation_pitch_hz(speech[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)])
        assert semitones == pytest.approx(12 * np.log2(own_hz / 27.5), abs=0.5)
    # Resampling takes this recording beyond full scale, which openSMILE would wrap around.
    assert np.abs(speech).max() > 1
    assert any("beyond full scale" in note for note in table.notes)


def test_rates_and_the_famous_pause(
    speech: NDArray[np.float32],
    recording_of: Callable[..., Recording],
    segments_at: Callable[..., list[Segment]],
) -> None:
    said = [
        Utterance(start_s=a, end_s=b, speaker=Role.PARTICIPANT, text=text)
        for (a, b), text in zip(SPANS, TEXTS, strict=True)
    ]
    component = TurnTaking(
        silence_below_speech_db=25.0,
        min_pause_s=0.25,
        min_words=3,
        max_latency_s=10.0,
        syllable_languages=["en"],
    )
    recording = recording_of(speech, utterances=said)
    table = component.extract(recording, segments_at(*SPANS, texts=TEXTS)).segments
    np.testing.assert_allclose(table.column("words_per_s"), [5 / 2, 9 / 4.5, 8 / 2.7])
    np.testing.assert_allclose(table.column("pause_before_s")[1:], [0.9, 0.4], atol=1e-6)
    # "Ask not" stands apart from what follows.
    assert table.column("pause_longest_s").argmax() == 1
    assert table.column("pause_longest_s")[1] > 0.5
    rates = table.column("articulation_per_s")
    assert np.all((rates > 2.5) & (rates < 7))
