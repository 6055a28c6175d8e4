"""Sound keeps its time, rate and channels, whatever the container does to it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.errors import DataError
from clinic.io.limits import MediaLimits
from clinic.io.media import open_media

RATE_HZ = 16_000


def whole(track: Any, rate_hz: int = RATE_HZ) -> tuple[float, np.ndarray]:
    """Start and all samples of a track."""
    blocks = list(track.blocks(sampling_rate_hz=rate_hz))
    return blocks[0].start_s, np.concatenate([block.samples for block in blocks])


def click_times(track: Any, rate_hz: int = RATE_HZ) -> list[float]:
    """Times of samples that stand out, one per click."""
    start_s, samples = whole(track, rate_hz)
    loud = np.flatnonzero(np.abs(samples[:, 0]) > 0.1)
    peaks = [
        run[np.argmax(np.abs(samples[run, 0]))]
        for run in np.split(loud, np.flatnonzero(np.diff(loud) > rate_hz // 100) + 1)
    ]
    return [round(start_s * rate_hz + peak) / rate_hz for peak in peaks]


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_a_click_is_found_at_its_sample(
    tmp_path: Path, maker: Any, limits: MediaLimits, rate_hz: int
) -> None:
    path = maker.write(
        tmp_path / "x.wav",
        sound=maker.clicks([0.5, 1.25], duration_s=2.0, rate_hz=rate_hz),
        rate_hz=rate_hz,
    )
    track = open_media(path, limits).audio
    assert track.sampling_rate_hz == rate_hz
    assert track.duration_s == pytest.approx(2.0)
    assert click_times(track) == pytest.approx([0.5, 1.25], abs=0.51 / min(rate_hz, RATE_HZ))


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
def test_resampled_tone_equals_the_formula(
    tmp_path: Path, maker: Any, limits: MediaLimits, rate_hz: int
) -> None:
    path = maker.write(
        tmp_path / "x.wav",
        sound=maker.tone(440.0, duration_s=3.0, rate_hz=rate_hz),
        rate_hz=rate_hz,
    )
    _, samples = whole(open_media(path, limits).audio)
    expected = maker.tone(440.0, duration_s=3.0, rate_hz=RATE_HZ)
    inner = slice(RATE_HZ // 2, 5 * RATE_HZ // 2)
    assert abs(len(samples) - len(expected)) <= 16
    assert np.abs(samples[inner] - expected[inner]).max() < 2e-3


def test_blocks_do_not_change_the_samples(tmp_path: Path, maker: Any, limits: MediaLimits) -> None:
    path = maker.write(
        tmp_path / "x.flac",
        sound=maker.tone(300.0, duration_s=2.3, rate_hz=44_100),
        rate_hz=44_100,
        sound_codec="flac",
    )
    track = open_media(path, limits).audio
    short = list(track.blocks(sampling_rate_hz=RATE_HZ, block_s=0.3))
    assert [block.start_s for block in short] == pytest.approx([0.3 * n for n in range(8)])
    _, samples = whole(track)
    assert np.array_equal(np.concatenate([block.samples for block in short]), samples)


def test_each_channel_carries_its_own_tone(tmp_path: Path, maker: Any, limits: MediaLimits) -> None:
    left = maker.tone(400.0, duration_s=2.0, rate_hz=48_000)
    right = maker.tone(1_500.0, duration_s=2.0, rate_hz=48_000)
    path = maker.write(
        tmp_path / "x.mp4", sound=np.hstack([left, right]), sound_codec="aac", times_s=[0, 0.5]
    )
    track = open_media(path, limits).audio
    assert track.n_channels == 2

    def strongest_hz(channel: int | None) -> list[float]:
        (samples,) = track.stretches([(0.5, 1.5)], sampling_rate_hz=RATE_HZ, channel=channel)
        power = np.abs(np.fft.rfft(samples))
        return (
            sorted(np.argsort(power)[-1:] * 1.0)
            if channel is not None
            else sorted(np.argsort(power)[-2:] * 1.0)
        )

    assert strongest_hz(0) == [400.0]
    assert strongest_hz(1) == [1500.0]
    assert strongest_hz(None) == [400.0, 1500.0]
    with pytest.raises(ValueError, match="channel 2 of 2"):
        track.stretches([(0, 1)], sampling_rate_hz=RATE_HZ, channel=2)


@pytest.mark.parametrize("suffix", ["mkv", "mov", "mp4"])
def test_sound_that_starts_late_stays_late(
    tmp_path: Path, maker: Any, limits: MediaLimits, suffix: str
) -> None:
    codec = "aac" if suffix == "mp4" else "pcm_s16le"
    path = maker.write(
        tmp_path / f"x.{suffix}",
        sound=maker.clicks([0.5, 1.0], duration_s=1.5, rate_hz=48_000),
        sound_codec=codec,
        sound_start_s=0.75,
        times_s=[n / 25 for n in range(50)],
    )
    media = open_media(path, limits)
    assert media.audio.start_s == pytest.approx(0.75, abs=0.03)
    assert media.video.start_s == 0.0
    assert media.duration_s == pytest.approx(2.25, abs=0.03)
    assert click_times(media.audio) == pytest.approx([1.25, 1.75], abs=1.2e-3)


def test_transport_stream_with_arbitrary_origin_begins_at_zero(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    path = maker.write(
        tmp_path / "x.ts",
        sound=maker.clicks([1.0], duration_s=2.0, rate_hz=48_000),
        sound_codec="aac",
        times_s=[n / 25 for n in range(50)],
        video_codec="libx264",
        options={"output_ts_offset": "5000"},
    )
    media = open_media(path, limits)
    assert media.audio.zero_s > 4_999
    assert media.video.start_s == pytest.approx(0.0, abs=0.05)
    assert media.duration_s == pytest.approx(2.0, abs=0.1)
    offset_s = click_times(media.audio)[0] - 1.0
    assert abs(offset_s) < 0.05


def test_a_gap_in_the_timestamps_is_silence_and_said(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    sound = maker.clicks([0.5, 2.5], duration_s=3.0, rate_hz=48_000) + 0.05
    path = maker.write(tmp_path / "x.mkv", sound=sound, sound_starts=[(48_000, 2.0)])
    media = open_media(path, limits)
    assert click_times(media.audio) == pytest.approx([0.5, 3.5], abs=1.1e-3)
    _, samples = whole(media.audio)
    assert not samples[round(1.1 * RATE_HZ) : round(1.9 * RATE_HZ)].round(4).any()
    assert media.repairs == ("the timestamps leave out 1.0 s of audio: silent there",)


def test_more_gap_than_sound_is_damage(tmp_path: Path, maker: Any, limits: MediaLimits) -> None:
    sound = maker.tone(200.0, duration_s=2.0, rate_hz=48_000)
    path = maker.write(tmp_path / "x.mkv", sound=sound, sound_starts=[(48_000, 9.0)])
    with pytest.raises(DataError, match=r"8\.0 s of 10\.0 s of audio, 50% allowed \(max_gap_share"):
        open_media(path, limits)


def test_overlapping_sound_is_left_out_and_said(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    sound = maker.clicks([0.5, 2.6], duration_s=3.0, rate_hz=48_000)
    path = maker.write(tmp_path / "x.mkv", sound=sound, sound_starts=[(96_000, 1.5)])
    with pytest.raises(DataError, match=r"0.5 s of audio overlap .*max_lost_share"):
        open_media(path, limits)
    media = open_media(path, replace(limits, max_lost_share=0.25))
    assert click_times(media.audio) == pytest.approx([0.5, 2.1], abs=1.1e-3)
    assert media.repairs == ("0.5 s of overlapping audio were left out",)


def test_rounded_timestamps_are_no_gaps(tmp_path: Path, maker: Any, limits: MediaLimits) -> None:
    # Matroska rounds to 1 ms, a frame of 1024 samples at 44.1 kHz lasts 23.2 ms.
    path = maker.write(
        tmp_path / "x.mkv",
        sound=maker.tone(440.0, duration_s=5.0, rate_hz=44_100),
        rate_hz=44_100,
    )
    media = open_media(path, limits)
    assert media.repairs == ()
    _, samples = whole(media.audio, 44_100)
    expected = maker.tone(440.0, duration_s=5.0, rate_hz=44_100)
    assert np.abs(samples - expected).max() < 1e-3


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("x.wav", "pcm_s16le"), ("x.wav", "pcm_f32le"), ("x.wav", "pcm_u8"), ("x.flac", "flac"),
        ("x.mp3", "libmp3lame"), ("x.ogg", "libopus"), ("x.aac", "aac"), ("x.m4a", "aac"),
        ("x.webm", "libopus"), ("x.avi", "pcm_s16le"),
    ],
)  # fmt: skip
def test_every_container_gives_the_tone_at_its_time(
    tmp_path: Path, maker: Any, limits: MediaLimits, name: str, codec: str
) -> None:
    silence = np.zeros((48_000, 1), dtype=np.float32)
    sound = np.vstack([silence, maker.tone(500.0, duration_s=1.0, rate_hz=48_000), silence])
    path = maker.write(tmp_path / name, sound=sound, sound_codec=codec)
    media = open_media(path, limits)
    assert media.video is None
    start_s, samples = whole(media.audio)
    # ADTS says nothing of the encoder's delay (1024 to 2048 samples): late by that much.
    late_s = 0.05 if name == "x.aac" else 0.005
    level = np.sqrt(np.convolve(samples[:, 0] ** 2, np.ones(80) / 80, mode="same"))
    loud = np.flatnonzero(level > 0.17)
    assert start_s + loud[0] / RATE_HZ == pytest.approx(1.0, abs=late_s)
    assert start_s + loud[-1] / RATE_HZ == pytest.approx(2.0, abs=late_s)
    assert media.peak == pytest.approx(0.5, abs=0.08)


@pytest.fixture(scope="module")
def ramp(tmp_path_factory: pytest.TempPathFactory, maker: Any, limits: MediaLimits) -> Any:
    """Noise from 0.5 s to 6.5 s, so that each sample is known by its value."""
    noise = np.random.default_rng(7).uniform(-0.5, 0.5, (6 * RATE_HZ, 1)).astype(np.float32)
    path = maker.write(
        tmp_path_factory.mktemp("ramp") / "x.mkv",
        sound=noise,
        rate_hz=RATE_HZ,
        sound_codec="pcm_f32le",
        sound_start_s=0.5,
        times_s=[0.0, 0.04],
    )
    return open_media(path, limits).audio, noise[:, 0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.floats(0, 8), st.floats(0, 3)), max_size=8).map(
        lambda pairs: sorted((a, a + b) for a, b in pairs)
    )
)
def test_stretches_are_slices_of_the_whole(ramp: Any, spans: list[tuple[float, float]]) -> None:
    track, noise = ramp
    padded = np.zeros(12 * RATE_HZ, dtype=np.float32)
    padded[RATE_HZ // 2 : RATE_HZ // 2 + len(noise)] = noise
    found = list(track.stretches(spans, sampling_rate_hz=RATE_HZ))
    assert len(found) == len(spans)
    for (start_s, end_s), stretch in zip(spans, found, strict=True):
        expected = padded[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
        assert np.array_equal(stretch, expected)


def test_spans_must_ascend(ramp: Any) -> None:
    with pytest.raises(ValueError, match="ascending"):
        ramp[0].stretches([(2, 3), (1, 2)], sampling_rate_hz=RATE_HZ)
