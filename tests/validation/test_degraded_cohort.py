"""The degraded copy of a cohort: as noisy, as small, as dark as asked, and nothing else changed."""

import importlib.util
from pathlib import Path

import av
import numpy as np
import pytest

from clinic.simulate.media import MediaSettings, write_mp4

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "degraded_cohort.py"
RATE_HZ, SIDE_PX, N_FRAMES = 16_000, 64, 20


@pytest.fixture(scope="module")
def script():
    found = importlib.util.spec_from_file_location("degraded_cohort", SCRIPT)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two seconds of a chord over a grey square on white."""
    path = tmp_path_factory.mktemp("clip") / "sim-0001.mp4"
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    sound = 0.1 * sum(np.sin(2 * np.pi * f * time_s) for f in (220.0, 660.0))
    image = np.full((SIDE_PX, SIDE_PX, 3), 230, dtype=np.uint8)
    image[16:48, 16:48] = 90
    settings = MediaSettings(
        width_px=SIDE_PX, height_px=SIDE_PX, frame_rate_hz=10, crf=15, preset="veryfast",
        audio_rate_hz=RATE_HZ, audio_bit_rate=96_000, n_channels=1,
    )  # fmt: skip
    write_mp4(path, [image] * N_FRAMES, sound[:, None].astype(np.float32), RATE_HZ, settings)
    return path


def degraded(script, clip, folder, *, seed=0, **changes):
    target = folder / "out.mp4"
    settings = {"snr_db": None, "scale": 1.0, "light": 1.0} | changes
    script.degrade(clip, target, script.Degradation(**settings), np.random.default_rng(seed))
    return target


def pictures_of(path):
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]


@pytest.mark.parametrize("snr_db", [20.0, 0.0])
def test_the_noise_is_as_strong_as_asked_and_time_stays(script, clip, tmp_path, snr_db):
    clean, rate_hz = script.sound_of(clip)
    noisy, _ = script.sound_of(degraded(script, clip, tmp_path, snr_db=snr_db))
    assert rate_hz == RATE_HZ and abs(len(noisy) - len(clean)) <= 2048
    inner = slice(2048, min(len(clean), len(noisy)) - 2048)
    x, y = clean[inner, 0], noisy[inner, 0]
    gain = (x @ y) / (x @ x)
    # A shift in time would raise what is left over far above the noise; AAC adds a little.
    found = 10 * np.log10((gain * x).var() / (y - gain * x).var())
    assert found == pytest.approx(snr_db, abs=1.0)
    assert np.abs(noisy).max() < 1.0


def test_noise_alone_leaves_every_picture_as_it_is(script, clip, tmp_path):
    noisy = pictures_of(degraded(script, clip, tmp_path, snr_db=0.0))
    assert len(noisy) == N_FRAMES
    for picture, was in zip(noisy, pictures_of(clip), strict=True):
        assert np.array_equal(picture, was)


def test_a_small_picture_is_small_and_a_dark_one_dark(script, clip, tmp_path):
    small = pictures_of(degraded(script, clip, tmp_path, scale=0.25))
    assert small[0].shape == (16, 16, 3) and len(small) == N_FRAMES
    dark = pictures_of(degraded(script, clip, tmp_path, light=0.2))
    assert dark[5][:8].mean() == pytest.approx(0.2 * 230, abs=6)
    assert dark[5].shape == (SIDE_PX, SIDE_PX, 3)


def test_one_seed_makes_one_file_and_another_another(script, clip, tmp_path):
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    files = [
        degraded(script, clip, folder, snr_db=10.0, seed=seed).read_bytes()
        for folder, seed in zip(folders, (1, 1, 2), strict=True)
    ]
    assert files[0] == files[1] != files[2]


def test_words_labels_and_truth_are_copied_as_they_are(script, tmp_path):
    cohort = tmp_path / "cohort"
    for name in script.COPIED:
        path = cohort / name
        if path.suffix:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        else:
            path.mkdir(parents=True)
            (path / "sim-0001.json").write_text(name)
    script.copy_tables(cohort, tmp_path / "out")
    assert (tmp_path / "out" / "truth" / "sim-0001.json").read_text() == "truth"
    assert (tmp_path / "out" / "labels.csv").read_text() == "labels.csv"
    assert (tmp_path / "out" / "media").is_dir()
