"""Files that are not what they say, and files that want too much."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinic.errors import DataError
from clinic.io.containers import CONTAINERS, sniff_container
from clinic.io.limits import MediaLimits
from clinic.io.media import open_media

CONCAT = "ffconcat version 1.0\nfile 'other.wav'\n"
PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nother.wav\n#EXT-X-ENDLIST\n"


@pytest.fixture(scope="module")
def interview(tmp_path_factory: pytest.TempPathFactory, maker: Any) -> Any:
    """Twenty seconds of picture and sound as MP4, with the header in front and behind."""
    folder = tmp_path_factory.mktemp("interview")
    facts: dict[str, Any] = {
        "sound": maker.tone(220.0, duration_s=20.0, rate_hz=16_000),
        "rate_hz": 16_000,
        "sound_codec": "aac",
        "times_s": [n / 10 for n in range(200)],
    }
    front = maker.write(folder / "front.mp4", options={"movflags": "faststart"}, **facts)
    behind = maker.write(folder / "behind.mp4", **facts)
    return front, behind


@pytest.mark.parametrize("text", [CONCAT, PLAYLIST, "just words\n", "<SMIL></SMIL>", "\0" * 999])
def test_text_under_a_media_name_is_refused(
    tmp_path: Path, maker: Any, limits: MediaLimits, text: str
) -> None:
    maker.write(
        tmp_path / "other.wav", sound=maker.tone(200, duration_s=1, rate_hz=8000), rate_hz=8000
    )
    path = tmp_path / "x.mp4"
    path.write_text(text)
    with pytest.raises(DataError, match="no known format by its first bytes"):
        open_media(path, limits)


def test_a_concat_list_behind_a_plausible_beginning_reads_no_other_file(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    maker.write(
        tmp_path / "other.wav", sound=maker.tone(200, duration_s=1, rate_hz=8000), rate_hz=8000
    )
    for magic in (
        b"\0\0\0\x18ftypmp42",
        b"RIFF\0\0\0\0WAVE",
        b"OggS",
        b"\x1a\x45\xdf\xa3",
        b"fLaC",
    ):
        path = tmp_path / "x.mp4"
        path.write_bytes(magic + CONCAT.encode() * 40)
        with pytest.raises(DataError):
            open_media(path, limits)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: None, "media file is missing"),
        (lambda p: p.touch(), r"media file is empty \(0 bytes\)"),
        (lambda p: p.mkdir(), "not a regular file"),
        (lambda p: os.mkfifo(p), "not a regular file"),
        (lambda p: p.symlink_to("/dev/zero"), "not a regular file"),
    ],
)
def test_what_is_no_file_is_said(
    tmp_path: Path, limits: MediaLimits, make: Any, words: str
) -> None:
    path = tmp_path / "x.mp4"
    make(path)
    with pytest.raises(DataError, match=words):
        open_media(path, limits)


def test_every_container_is_known_by_its_content(
    tmp_path: Path, maker: Any, shared_data: Path
) -> None:
    sound = maker.tone(200.0, duration_s=1.0, rate_hz=48_000)
    cases = {
        "a.mp4": ("aac", "mov"), "a.mkv": ("flac", "matroska"), "a.webm": ("libopus", "matroska"),
        "a.wav": ("pcm_s16le", "wav"), "a.mp3": ("libmp3lame", "mp3"), "a.flac": ("flac", "flac"),
        "a.ogg": ("libopus", "ogg"), "a.avi": ("pcm_s16le", "avi"), "a.ts": ("aac", "mpegts"),
        "a.aac": ("aac", "aac"), "a.mpg": ("mp2", "mpeg"), "a.mov": ("aac", "mov"),
    }  # fmt: skip
    for name, (codec, expected) in cases.items():
        path = maker.write(tmp_path / name, sound=sound, sound_codec=codec)
        assert sniff_container(path.rename(tmp_path / "nameless")) == expected, name
    assert {expected for _, expected in cases.values()} == set(CONTAINERS)


def test_header_behind_and_cut_off_is_damage(
    interview: Any, tmp_path: Path, limits: MediaLimits
) -> None:
    content = interview[1].read_bytes()
    path = tmp_path / "x.mp4"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"header cannot be read .* damaged or cut short"):
        open_media(path, limits)


def test_header_in_front_and_half_cut_off_is_damage(
    interview: Any, tmp_path: Path, limits: MediaLimits
) -> None:
    content = interview[0].read_bytes()
    path = tmp_path / "x.mp4"
    path.write_bytes(content[: len(content) * 6 // 10])
    with pytest.raises(DataError, match=r"of 20\.0 s of .* missing .* cut short.*max_lost_share"):
        open_media(path, limits)


def test_a_little_cut_off_is_said(interview: Any, tmp_path: Path, limits: MediaLimits) -> None:
    content = interview[0].read_bytes()
    path = tmp_path / "x.mp4"
    path.write_bytes(content[: len(content) * 97 // 100])
    media = open_media(path, limits)
    assert media.duration_s == pytest.approx(19.4, abs=0.5)
    assert any("missing or damaged" in repair for repair in media.repairs)


def test_matroska_declares_for_the_file_as_a_whole(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    path = maker.write(
        tmp_path / "x.mkv",
        sound=maker.tone(220.0, duration_s=10.0, rate_hz=16_000),
        rate_hz=16_000,
        times_s=[n / 10 for n in range(100)],
    )
    assert open_media(path, limits).repairs == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="recording are missing"):
        open_media(path, limits)


def test_wav_that_declares_more_than_it_holds(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    sound = maker.tone(200.0, duration_s=10.0, rate_hz=8_000)
    path = maker.write(tmp_path / "x.wav", sound=sound, rate_hz=8_000)
    path.write_bytes(path.read_bytes()[:-40_000])
    with pytest.raises(DataError, match="max_lost_share"):
        open_media(path, limits)


def test_undecodable_pictures_are_counted(
    interview: Any, tmp_path: Path, limits: MediaLimits
) -> None:
    content = bytearray(interview[0].read_bytes())
    noise = np.random.default_rng(5).integers(0, 256, len(content) // 3, dtype=np.uint8)
    begin = len(content) // 2
    content[begin : begin + len(noise)] = noise.tobytes()
    path = tmp_path / "x.mp4"
    path.write_bytes(content)

    def use() -> None:
        media = open_media(path, limits)
        list(media.video.frames(rate_hz=5))

    with pytest.raises(DataError, match=r"cannot be decoded|missing or damaged"):
        use()


def test_limits_are_named(interview: Any, limits: MediaLimits) -> None:
    cases = [
        ({"max_duration_s": 10.0}, "max_duration_s"),
        ({"max_frame_px": 1000}, "max_frame_px"),
        ({"max_frame_rate_hz": 5.0}, "max_frame_rate_hz"),
        ({"max_expansion": 2.0}, "max_expansion"),
    ]
    for change, name in cases:
        with pytest.raises(DataError, match=name):
            open_media(interview[0], replace(limits, **change))


def test_a_small_file_of_huge_pictures_is_refused_unseen(
    tmp_path: Path, maker: Any, limits: MediaLimits
) -> None:
    black = np.zeros((2160, 4096, 3), dtype=np.uint8)
    path = maker.write(
        tmp_path / "bomb.mp4",
        times_s=[n / 25 for n in range(40)],
        pictures=lambda n: black,
        video_codec="libx264",
    )
    ratio = 40 * 2160 * 4096 * 1.5 / path.stat().st_size
    with pytest.raises(DataError, match="max_expansion"):
        open_media(path, replace(limits, max_expansion=ratio * 0.9))
    with pytest.raises(DataError, match="max_frame_px"):
        open_media(path, replace(limits, max_frame_px=1920 * 1080))


def mutated(content: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Files with bytes changed, cut, repeated or zeroed."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        data = bytearray(content)
        kind = random.integers(4)
        if kind == 0:
            for position in random.integers(0, len(data), random.integers(1, 60)):
                data[position] = random.integers(256)
        elif kind == 1:
            del data[random.integers(1, len(data)) :]
        elif kind == 2:
            a, b = sorted(random.integers(0, len(data), 2))
            data[a:b] = bytes(b - a)
        else:
            a, b = sorted(random.integers(0, len(data), 2))
            data[a:a] = data[a:b]
        yield bytes(data)


@pytest.mark.parametrize(
    ("name", "codec", "video"),
    [
        ("x.mp4", "aac", "mpeg4"), ("x.mkv", "flac", "mpeg4"), ("x.avi", "pcm_s16le", "mpeg4"),
        ("x.ts", "aac", "libx264"), ("x.wav", "pcm_s16le", None), ("x.mp3", "libmp3lame", None),
        ("x.flac", "flac", None), ("x.ogg", "libopus", None),
    ],
)  # fmt: skip
def test_mutated_files_end_in_a_result_or_a_data_error(
    tmp_path: Path, maker: Any, limits: MediaLimits, name: str, codec: str, video: str | None
) -> None:
    whole = maker.write(
        tmp_path / name,
        sound=maker.tone(220.0, duration_s=2.0, rate_hz=48_000),
        sound_codec=codec,
        times_s=[n / 10 for n in range(20)] if video else [],
        video_codec=video or "",
    ).read_bytes()
    path = tmp_path / f"mutated{Path(name).suffix}"
    n_read = 0
    for content in mutated(whole, 25, seed=11):
        path.write_bytes(content)
        try:
            media = open_media(path, limits)
            if media.audio is not None:
                for block in media.audio.blocks(sampling_rate_hz=16_000):
                    assert block.samples.dtype == np.float32
            if media.video is not None:
                for frame in media.video.frames(rate_hz=5):
                    assert frame.image.dtype == np.uint8
            n_read += 1
        except DataError:
            pass
    assert 0 < n_read < 25


def test_ffmpeg_stays_silent_about_paths(tmp_path: Path, maker: Any) -> None:
    path = maker.write(
        tmp_path / "Anna_Smith.mp4", sound=maker.tone(220, duration_s=2, rate_hz=48_000),
        sound_codec="aac",
    )  # fmt: skip
    path.write_bytes(path.read_bytes()[:3000])
    script = (
        "import clinic\nfrom pathlib import Path\nfrom clinic.errors import DataError\n"
        "from clinic.io.containers import *\n"
        f"p = Path({str(path)!r})\n"
        "try:\n    open_container(p, sniff_container(p))\n"
        "except DataError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert "damaged" in done.stdout
    assert "Anna" not in done.stdout + done.stderr
