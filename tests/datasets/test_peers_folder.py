"""A folder of feature files as a store: named by files, labelled by a table, and then evaluated."""

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from omegaconf import OmegaConf

from clinic.config import build, build_list, compose, conf_folder
from clinic.datasets.peers.feature_folder import FeatureFolder
from clinic.datasets.shipped.openface import read_openface
from clinic.evaluation.study import FusionContender, Study, StudyData, planned_split
from clinic.evaluation.study.source import find_source, read_sources
from clinic.fusion import SplitPlan, strata_of
from clinic.io.store import read_case, read_references, read_store
from clinic.records import Condition
from pipelines.cli import main

N_FRAMES = 90
RATE_HZ = 30


def write_openface(path: Path, mean: float, seed: int, n_frames: int = N_FRAMES) -> Path:
    rng = np.random.default_rng(seed)
    lines = ["frame, timestamp, confidence, success, AU04_r, AU12_r"]
    for k in range(n_frames):
        frown, smile = np.clip(rng.normal([mean, 1.0], 0.3), 0, 5)
        lines.append(f"{k + 1}, {k / RATE_HZ:.3f}, 0.98, 1, {frown:.3f}, {smile:.3f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def write_opensmile(path: Path) -> Path:
    lines = ["name;frameTime;Loudness_sma3;F0semitoneFrom27.5Hz_sma3nz"]
    lines += [f"'x';{k / 100:.2f};{0.5 + k % 3 / 10};{30 + k % 5}" for k in range(300)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_covarep(path: Path) -> Path:
    rows = np.ones((300, 74))
    rows[:, 0] = 120.0
    np.savetxt(path, rows, delimiter=",", fmt="%.3f")
    return path


def write_pyfeat(path: Path) -> Path:
    head = "FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,AU12,frame,approx_time"
    rows = [f"1,1,50,50,0.9,0.{k % 9},{k},00:{k // RATE_HZ:02d}" for k in range(N_FRAMES)]
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


MAKERS = {
    "openface": lambda path: write_openface(path, 1.0, 0),
    "opensmile": write_opensmile,
    "covarep": write_covarep,
    "pyfeat": write_pyfeat,
}


def run(*arguments):
    return CliRunner().invoke(main, ["data", "import-features", *map(str, arguments)])


@pytest.mark.parametrize("name", MAKERS)
def test_each_format_becomes_a_store_on_windows_of_the_wanted_length(tmp_path, name):
    (tmp_path / "in").mkdir()
    MAKERS[name](tmp_path / "in" / "p1.csv")
    MAKERS[name](tmp_path / "in" / "p2.csv")
    (tmp_path / "in" / ".hidden.csv").write_text("x")
    out = tmp_path / "out"
    result = run(tmp_path / "in", "--format", name, "--out", out, "--segments-s", "1.5")
    assert result.exit_code == 0, result.output
    cases = list(read_store(out / "store"))
    assert [case.recording_id for case in cases] == ["p1", "p2"]
    for case in cases:
        ends = [segment.end_s for segment in case.segments]
        np.testing.assert_allclose(ends, [1.5, 3.0], atol=0.02)
        assert len(case.tables) == 1 and np.isfinite(case.tables[0].values).any()
    assert {r.participant_id for r in read_references(out / "labels.csv")} == {"p1", "p2"}
    assert not (out / "split.json").exists()


def test_a_window_holds_the_mean_of_its_frames(tmp_path):
    path = write_openface(tmp_path / "p1.csv", 1.0, 3)
    assert (
        run(path, "--format", "openface", "--out", tmp_path / "o", "--segments-s", "1").exit_code
        == 0
    )
    table = read_case(tmp_path / "o" / "store" / "p1").table("openface")
    frames = np.loadtxt(path, delimiter=",", skiprows=1)[:, 4].reshape(3, RATE_HZ)
    np.testing.assert_allclose(table.column("AU04_r_mean"), frames.mean(axis=1), atol=2e-3)


def test_participants_and_scores_come_from_the_labels(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("p1", "p2", "p3"):
        write_openface(tmp_path / "in" / f"{name}.csv", 1.0, 0)
    (tmp_path / "l.csv").write_text(
        "recording_id,participant_id,depression,sex\np1,a,7,female\np2,a,,female\np9,b,3,male\n"
    )
    out = tmp_path / "out"
    labels = ["--labels", tmp_path / "l.csv"]
    assert run(tmp_path / "in", "--format", "openface", "--out", out, *labels).exit_code == 0
    found = {r.recording_id: r for r in read_references(out / "labels.csv")}
    assert {k: r.participant_id for k, r in found.items()} == {"p1": "a", "p2": "a", "p3": "p3"}
    assert [r.scores for r in found.values()] == [{Condition.DEPRESSION: 7.0}, {}, {}]
    assert read_case(out / "store" / "p2").participant_id == "a"
    text = (out / "findings.csv").read_text()
    assert "missing,p9,has a label and no feature file" in text and "missing,p3," in text


def test_a_file_that_looks_like_a_persons_is_left_out_without_telling_its_name(tmp_path):
    (tmp_path / "in").mkdir()
    write_openface(tmp_path / "in" / "p1.csv", 1.0, 0)
    write_openface(tmp_path / "in" / "Anna_Smith.csv", 1.0, 0)
    result = run(tmp_path / "in", "--format", "openface", "--out", tmp_path / "out")
    assert result.exit_code == 1 and "may identify a person" in result.output
    whole = result.output + "".join(p.read_text() for p in (tmp_path / "out").rglob("*.csv"))
    assert "Anna" not in whole and "Smith" not in whole
    assert [p.name for p in (tmp_path / "out" / "store").iterdir()] == ["p1"]
    wanted = ["--out", tmp_path / "b", "allow_identifying_ids=true"]
    assert run(tmp_path / "in", "--format", "openface", *wanted).exit_code == 0
    assert (tmp_path / "b" / "store" / "Anna_Smith").is_dir()


def test_a_damaged_file_costs_itself_alone(tmp_path):
    (tmp_path / "in").mkdir()
    write_openface(tmp_path / "in" / "p1.csv", 1.0, 0)
    (tmp_path / "in" / "p2.csv").write_text("frame, timestamp, mood\n1, 0, 2\n2, 1, 2\n")
    result = run(tmp_path / "in", "--format", "openface", "--out", tmp_path / "out")
    assert result.exit_code == 1 and "'mood' is none of OpenFace's" in result.output
    assert "1 recordings with features, 1 failed" in result.output


@pytest.mark.parametrize(
    ("content", "words"),
    [({}, "no openface file that can be used: no \\*.csv"), ({"x y.csv": "a"}, "must begin with")],
)
def test_a_folder_without_a_usable_file_leaves_with_2(tmp_path, content, words):
    (tmp_path / "in").mkdir()
    for name, text in content.items():
        (tmp_path / "in" / name).write_text(text)
    result = run(tmp_path / "in", "--format", "openface", "--out", tmp_path / "out")
    assert result.exit_code == 2 and re.search(words, result.output)
    assert len(result.output.strip().splitlines()) == 1


def test_videos_of_one_pyfeat_file_are_recordings_and_one_bad_file_costs_itself(tmp_path):
    (tmp_path / "in").mkdir()
    head = "FaceRectWidth,FaceRectHeight,FaceScore,AU12,frame,input"
    rows = [f"9,9,0.9,0.{n}{k},{k},m/v{n}.mp4" for n in (1, 2) for k in range(9)]
    (tmp_path / "in" / "all.csv").write_text("\n".join([head, *rows]) + "\n")
    (tmp_path / "in" / "bad.csv").write_text("frame,mood\n0,1\n1,1\n")
    rate = "readers.pyfeat.reader.rate_hz=9"
    result = run(tmp_path / "in", "--format", "pyfeat", "--out", tmp_path / "o", rate)
    assert result.exit_code == 1 and "bad: features: py-feat file: column 'mood'" in result.output
    found = {c.recording_id: c.tables[0].column("AU12_mean") for c in read_store(tmp_path / "o")}
    np.testing.assert_allclose([found["v1"], found["v2"]], [[0.14], [0.24]])


def test_nothing_is_written_into_a_folder_that_holds_something(tmp_path):
    path = write_openface(tmp_path / "p1.csv", 1.0, 0)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    assert run(path, "--format", "openface", "--out", tmp_path / "out").exit_code == 2
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine"]


def test_every_reader_of_the_settings_builds():
    config = compose("peers")
    for name in config.readers:
        assert build(config.readers[name]).name == name
    folder = build(config.readers.openface)
    assert isinstance(folder, FeatureFolder) and folder.reader.func is read_openface


def quiet(words: str) -> None:
    del words


@pytest.mark.slow
def test_an_imported_store_is_evaluated_by_majority_and_pooled_linear(tmp_path):
    """Frowns that follow the score by construction are found; the majority cannot find them."""
    (tmp_path / "in").mkdir()
    rng = np.random.default_rng(0)
    rows = ["recording_id,participant_id,depression"]
    for number in range(70):
        score = int(rng.integers(0, 25))
        name = f"p{number:02d}"
        write_openface(tmp_path / "in" / f"{name}.csv", score / 8, number, 30)
        rows.append(f"{name},{name},{score}")
    (tmp_path / "l.csv").write_text("\n".join(rows) + "\n")
    out = tmp_path / "out"
    arguments = [
        tmp_path / "in",
        "--format",
        "openface",
        "--out",
        out,
        "--labels",
        tmp_path / "l.csv",
    ]
    assert run(*arguments, "--segments-s", "0.5").exit_code == 0
    scales = build_list(OmegaConf.load(conf_folder() / "scales" / "default.yaml"))
    data = StudyData.of(*read_sources([find_source(out)], scales), attributes=[])
    contenders = {}
    for choice in ("majority", "pooled_linear"):
        settings = OmegaConf.load(conf_folder() / "fusion" / f"{choice}.yaml")
        settings.tables = {"text": [], "voice": [], "face": ["openface"]}
        trainer = OmegaConf.load(conf_folder() / "trainer" / "cpu.yaml")
        trainer.max_epochs = 40
        contenders[choice] = FusionContender(
            recipe=build(settings), scales=scales, trainer=build(trainer),
            fitter=build(OmegaConf.load(conf_folder() / "calibration" / "default.yaml")),
        )  # fmt: skip
    plan = SplitPlan(
        validation_share=0.1, calibration_share=0.2, test_share=0.0, n_folds=2, n_repeats=1
    )
    study = Study(
        contenders=contenders, settings={name: name for name in contenders}, data=data,
        split=planned_split(plan, strata_of(list(data.references.values()), scales[0]), seed=0),
        degradations=None, seed=0,
    )  # fmt: skip
    assert study.run(tmp_path / "study", workers=0, progress=quiet) == {}
    errors = {}
    for name in contenders:
        found = [
            o.predictions["depression", "clean"] for o in study.outcomes(tmp_path / "study", name)
        ]
        assert sum(len(p) for p in found) == 70
        errors[name] = np.mean(np.concatenate([abs(p.score - p.reference) for p in found]))
    assert errors["pooled_linear"] < 0.7 * errors["majority"]
