"""Pictures keep their time and stand upright."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.io.limits import MediaLimits
from clinic.io.media import open_media
from clinic.io.video import _nearest

QUARTER = 1 << 16


def corners(number: int) -> np.ndarray:
    """Picture 64 x 48 with red top left, green top right, blue bottom left, black elsewhere."""
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    image[:24, :32, 0] = 250
    image[:24, 32:, 1] = 250
    image[24:, :32, 2] = 250
    return image


def colours(image: np.ndarray) -> str:
    """Colours of the four quarters, top left, top right, bottom left, bottom right."""
    height, width = image.shape[:2]
    points = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return "".join(
        "rgb"[int(image[y, x].argmax())] if image[y, x].max() > 90 else "-" for y, x in points
    )


def test_frames_come_at_their_own_times(tmp_path: Path, maker: Any, limits: MediaLimits) -> None:
    path = maker.write(tmp_path / "x.mp4", times_s=[n / 25 for n in range(100)])
    track = open_media(path, limits).video
    assert track.frame_rate_hz == pytest.approx(25.0)
    assert (track.width_px, track.height_px, track.n_frames) == (128, 64, 100)
    assert track.duration_s == pytest.approx(4.0)
    frames = list(track.frames(rate_hz=25))
    assert [maker.number_of(f.image) for f in frames] == list(range(100))
    assert [f.time_s for f in frames] == pytest.approx([n / 25 for n in range(100)])


def test_sampling_takes_the_nearest_frame(tmp_path: Path, maker: Any, limits: MediaLimits) -> None:
    path = maker.write(tmp_path / "x.mkv", times_s=[n / 30 for n in range(90)])
    # The writer lets the last picture stand for 40 ms, so that it is the nearest to 3.0 s.
    frames = list(open_media(path, limits).video.frames(rate_hz=10))[:30]
    assert [maker.number_of(f.image) for f in frames] == list(range(0, 90, 3))


def test_variable_rate_keeps_irregular_times(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    gaps = np.random.default_rng(3).choice([0.02, 0.033, 0.1, 0.4], 80)
    times = np.concatenate([[0.0], np.cumsum(gaps)]).round(3)
    path = maker.write(tmp_path / "x.mkv", times_s=times.tolist())
    track = open_media(path, limits).video
    every = list(track.frames(rate_hz=1000))
    assert [maker.number_of(f.image) for f in every] == list(range(81))
    assert [f.time_s for f in every] == pytest.approx(times.tolist(), abs=1e-6)
    sampled = [f.time_s for f in track.frames(rate_hz=5)]
    grid = np.arange(0, times[-1] + 0.03, 0.2)
    nearest = {float(times[np.abs(times - point - 1e-9).argmin()]) for point in grid}
    assert set(np.round(sampled, 3)) <= {round(t, 3) for t in times}
    assert {round(t, 3) for t in nearest} == {round(t, 3) for t in sampled}


@given(st.lists(st.integers(1, 800), min_size=1, max_size=60), st.sampled_from([1, 5, 10, 25, 400]))
def test_nearest_agrees_with_brute_force(gaps_ms: list[int], rate_hz: int) -> None:
    times = (np.cumsum(gaps_ms) - gaps_ms[0]) / 1000
    end_s = float(times[-1]) + 0.04
    found = [
        t for t, _ in _nearest(((float(t), None) for t in times), rate_hz, start_s=0.0, end_s=end_s)
    ]
    points = [k / rate_hz for k in range(int(end_s * rate_hz) + 2) if k / rate_hz < end_s - 1e-6]
    expected = set()
    for point in points:
        distance = np.abs(times - point)
        # The earlier of two equally near, within the rounding of the times.
        expected.add(float(times[np.flatnonzero(distance <= distance.min() + 1e-7)[0]]))
    assert found == sorted(expected)
    assert len(set(found)) == len(found)


def test_a_video_that_starts_late_is_not_sampled_before(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    path = maker.write(
        tmp_path / "x.mkv",
        sound=maker.tone(200.0, duration_s=4.0, rate_hz=48_000),
        times_s=[2.0 + n / 25 for n in range(50)],
    )
    track = open_media(path, limits).video
    assert track.start_s == pytest.approx(2.0)
    frames = list(track.frames(rate_hz=5))
    assert [f.time_s for f in frames] == pytest.approx([2.0 + n / 5 for n in range(10)], abs=0.021)


@pytest.mark.parametrize(
    ("turn", "expected"), [(0, "rgb-"), (90, "g-rb"), (180, "-bgr"), (270, "br-g")]
)
def test_rotated_pictures_stand_upright(
    tmp_path: Path, maker: Any, limits: MediaLimits, turn: int, expected: str
) -> None:
    path = maker.write(tmp_path / "x.mp4", times_s=[0, 0.04, 0.08], pictures=corners, rotation=turn)
    track = open_media(path, limits).video
    frame = next(iter(track.frames(rate_hz=25)))
    assert frame.image.shape[:2] == (track.height_px, track.width_px)
    assert (track.width_px, track.height_px) == ((48, 64) if turn % 180 else (64, 48))
    assert colours(frame.image) == expected
    assert frame.image.flags.c_contiguous


@pytest.mark.parametrize(
    ("a", "b", "c", "d", "expected"),
    [(-1, 0, 0, 1, "gr-b"), (1, 0, 0, -1, "b-rg"), (0, 1, 1, 0, "rbg-"), (0, -1, -1, 0, "-gbr")],
)
def test_mirrored_pictures_are_mirrored_back(
    tmp_path: Path,
    maker: Any,
    limits: MediaLimits,
    a: int,
    b: int,
    c: int,
    d: int,
    expected: str,
) -> None:
    # x' = a x + c y and y' = b x + d y place the stored pixel (x, y) on the screen.
    matrix = [a * QUARTER, b * QUARTER, 0, c * QUARTER, d * QUARTER, 0, 0, 0, 1 << 30]
    path = maker.write(tmp_path / "x.mp4", times_s=[0, 0.04], pictures=corners, matrix=matrix)
    frame = next(iter(open_media(path, limits).video.frames(rate_hz=25)))
    assert colours(frame.image) == expected


def test_pixels_that_are_not_square_are_widened(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    path = maker.write(tmp_path / "x.mkv", times_s=[0, 0.04], pixel_aspect=Fraction(16, 15))
    track = open_media(path, limits).video
    assert (track.width_px, track.height_px) == (round(128 * 16 / 15), 64)
    assert next(iter(track.frames(rate_hz=25))).image.shape == (64, 137, 3)


def test_pictures_are_reduced_but_never_enlarged(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    path = maker.write(tmp_path / "x.mkv", times_s=[n / 25 for n in range(5)])
    track = open_media(path, limits).video
    small = list(track.frames(rate_hz=25, max_side_px=32))
    assert {f.image.shape for f in small} == {(16, 32, 3)}
    assert {f.image.shape for f in track.frames(rate_hz=25, max_side_px=4000)} == {(64, 128, 3)}


def test_video_without_sound_and_sound_without_video(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    silent = open_media(maker.write(tmp_path / "a.mp4", times_s=[0, 0.5, 1.0]), limits)
    assert silent.audio is None
    assert silent.peak is None
    sound = maker.tone(200.0, duration_s=1.0, rate_hz=8_000)
    heard = open_media(maker.write(tmp_path / "b.wav", sound=sound, rate_hz=8_000), limits)
    assert heard.video is None
    assert heard.duration_s == pytest.approx(1.0)


def test_what_was_said_and_shown_at_one_second_line_up(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    # The picture turns white in the very frame in which the click sounds.
    def flash(number: int) -> np.ndarray:
        return np.full((64, 64, 3), 255 if number == 83 else 0, dtype=np.uint8)

    path = maker.write(
        tmp_path / "x.mp4",
        sound=maker.clicks([83 / 25], duration_s=5.0, rate_hz=48_000),
        sound_codec="aac",
        times_s=[n / 25 for n in range(125)],
        pictures=flash,
        video_codec="libx264",
    )
    media = open_media(path, limits)
    seen_s = max(media.video.frames(rate_hz=25), key=lambda f: f.image.mean()).time_s
    (sound,) = media.audio.stretches([(0, 5)], sampling_rate_hz=16_000)
    heard_s = np.abs(sound).argmax() / 16_000
    assert seen_s == pytest.approx(83 / 25, abs=1e-6)
    assert heard_s == pytest.approx(seen_s, abs=2e-3)


def test_a_rate_of_zero_is_refused(tmp_path: Path, maker: Any, limits: MediaLimits) -> None:
    path = maker.write(tmp_path / "x.mkv", times_s=[0, 0.04])
    with pytest.raises(ValueError, match="positive"):
        open_media(path, limits).video.frames(rate_hz=0)
