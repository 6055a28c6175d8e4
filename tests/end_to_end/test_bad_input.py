"""Every bad input costs one clear line; the others are screened all the same."""

import csv
import shutil
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest

COLUMNS = ["recording_id", "participant_id", "media_path", "transcript_path", "language"]
HEADER = "start_s,end_s,speaker,text\n"


def tone(path: Path, seconds: float, *, amplitude: float = 0.3) -> Path:
    """Write a WAV with bursts of a 200 Hz tone, 1.5 s on and 0.7 s off."""
    time_s = np.arange(int(seconds * 16_000)) / 16_000
    on = (time_s % 2.2) < 1.5
    wave = np.clip(amplitude * on * np.sin(2 * np.pi * 200 * time_s), -1, 1).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame) + stream.encode(None))
    return path


def first_frame(path: Path) -> np.ndarray:
    """Return the first picture, shape (height, width, 3)."""
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def picture_film(path: Path, picture: np.ndarray, *, seconds: int = 80) -> None:
    """Show one picture five times a second, without sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        for _ in range(5 * seconds):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def bad_batch(tmp_path_factory, interviews, clinic_command):
    """A manifest of bad and good recordings, extracted; errors and results by recording id."""
    root = tmp_path_factory.mktemp("bad")
    good = interviews / "media" / "sim-0001.mp4"
    words = (interviews / "transcripts" / "sim-0001.csv").read_text()
    shutil.copy(good, root / "good.mp4")
    (root / "good.csv").write_text(words)
    rows: list[list[str]] = [["good", "p-1", "good.mp4", "good.csv", "en"]]

    def add(name: str, media: str | None = None, transcript: str = "", person: str = "p-2") -> None:
        rows.append([name, person, media or f"{name}.mp4", transcript, "en"])

    def transcript(name: str, content: str | bytes) -> None:
        raw = content if isinstance(content, bytes) else content.encode()
        (root / f"{name}.csv").write_bytes(raw)
        add(name, media="good.mp4", transcript=f"{name}.csv")

    add("missing")
    (root / "empty.mp4").touch()
    add("empty")
    (root / "text.mp4").write_text("ffconcat version 1.0\nfile good.mp4\n")
    add("text")
    (root / "truncated.mp4").write_bytes(good.read_bytes()[: good.stat().st_size // 3])
    add("truncated")
    tone(root / "short.wav", 0.2)
    add("short", media="short.wav")
    tone(root / "silence.wav", 12, amplitude=0.0)
    add("silence", media="silence.wav")
    tone(root / "clipped.wav", 12, amplitude=4.0)
    add("clipped", media="clipped.wav")
    picture_film(root / "faceless.mp4", np.full((240, 320, 3), 90, np.uint8))
    add("faceless", transcript="good.csv")
    faces = first_frame(good)
    picture_film(root / "two_faces.mp4", np.concatenate([faces, faces], axis=1))
    add("two_faces", transcript="good.csv")
    transcript("negative", HEADER + "-3,2,participant,hello\n")
    transcript("overlapping", HEADER + "1,20,participant,one\n2,21,participant,two\n")
    transcript("out_of_range", HEADER + "1,2,participant,a\n5000,5002,participant,b\n")
    transcript("encoding", HEADER.encode() + b"1,2,participant,caf\xe9\n")
    add("twin")
    add("twin")
    add("named", media="good.mp4", person="John Smith")
    add("mailed", media="good.mp4", person="john@example.org")
    with (root / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    out = root / "out"
    done = clinic_command("extract", root / "manifest.csv", "--out", out, "--workers", 0)
    errors = pd.read_csv(out / "errors.csv").set_index("recording_id")
    results = pd.read_csv(out / "results.csv").set_index("recording_id")
    return done, errors, results


def test_the_exit_code_says_that_some_failed(bad_batch):
    assert bad_batch[0].exit_code == 1


@pytest.mark.parametrize(
    ("recording_id", "words"),
    [
        ("missing", "missing|not found|no such|does not exist"),
        ("empty", "empty"),
        ("text", "no known format"),
        ("truncated", "truncated|cut|cannot be read|damaged|lost|index"),
        ("silence", "no voice"),
        ("short", r"0\.20 s of audio, at least 1 s needed \(min_duration_s\)"),
        ("negative", "negative|before 0|-3"),
        ("overlapping", "overlap"),
        ("out_of_range", "past the end|another recording|beyond"),
        ("encoding", "UTF-8"),
        ("twin", "unique"),
    ],
)
def test_one_clear_line_for_each(bad_batch, recording_id, words):
    errors = bad_batch[1]
    assert recording_id in errors.index
    line = errors.loc[recording_id]
    assert line["kind"] == "DataError"
    assert pd.Series([line["message"]]).str.contains(words, case=False, regex=True).all()
    assert "\n" not in line["message"]
    assert "good.mp4" not in line["message"], "a message never names a file"


@pytest.mark.parametrize(
    ("recording_id", "words"),
    [
        ("clipped", r"Clipped sound: \d+.* %, .*quality\.clipped_share"),
        ("faceless", "face not observed: no face found in"),
        ("two_faces", r"face not observed: a second face in .*\(two_faces: leave_out\)"),
    ],
)
def test_a_poor_input_is_done_with_a_warning(bad_batch, recording_id, words):
    errors = bad_batch[1]
    lines = errors.loc[[recording_id]]
    assert set(lines["kind"]) == {"Warning"}
    assert lines["message"].str.contains(words).sum() == 1
    assert recording_id in bad_batch[2].index


def test_names_and_addresses_are_refused_and_not_repeated(bad_batch):
    errors = bad_batch[1]
    refused = errors[errors["message"].str.contains("allow_identifying_ids")]
    assert len(refused) == 2
    assert not refused.to_string().lower().count("john")


def test_the_good_and_the_merely_poor_are_done(bad_batch):
    assert set(bad_batch[2].index) == {"good", "clipped", "faceless", "two_faces"}


def test_an_absent_modality_is_said(bad_batch):
    absent = bad_batch[2]["absent_modalities"]
    assert absent["clipped"] == "text face"
    assert pd.isna(absent["good"])


def test_a_manifest_without_a_needed_column_cannot_run(tmp_path, clinic_command):
    (tmp_path / "m.csv").write_text("recording_id,media_path\nr,a.mp4\n")
    done = clinic_command("extract", tmp_path / "m.csv", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "participant_id" in done.output


def test_an_output_that_is_a_file_cannot_run(tmp_path, interviews, clinic_command):
    (tmp_path / "out").write_text("")
    done = clinic_command("extract", interviews, f"--out={tmp_path / 'out'}", "--workers", 0)
    assert done.exit_code == 2


def test_a_misspelt_key_cannot_run(tmp_path, interviews, clinic_command):
    done = clinic_command("extract", interviews, "--out", tmp_path / "o", "segmentation.mx=1")
    assert done.exit_code == 2
    assert "mx" in done.output


def test_a_model_with_a_changed_feature_name_cannot_run(tmp_path, interviews, clinic_command):
    from clinic.screening.assembly import MODELS_FOLDER

    model = tmp_path / "model"
    shutil.copytree(MODELS_FOLDER / "demonstration", model)
    listing = (model / "features.json").read_text()
    (model / "features.json").write_text(listing.replace('"AU12_mean"', '"AU12_average"'))
    done = clinic_command(
        "screen", interviews, "--out", tmp_path / "o", "--model", model, "--workers", 0
    )
    assert done.exit_code == 2
    assert "features.json" in done.output


def test_an_unknown_model_names_the_shipped_ones(tmp_path, interviews, clinic_command):
    done = clinic_command("screen", interviews, "--out", tmp_path / "o", "--model", "nowhere")
    assert done.exit_code == 2
    assert "demonstration" in done.output
