"""py-feat's files: one face per picture, seconds on its clock, nothing where no face was."""

import math
from pathlib import Path

import numpy as np
import pytest

from clinic.datasets.peers.pyfeat import PyFeatReader
from clinic.datasets.shipped.openface import read_openface
from clinic.errors import DataError, SetupError

BOX = ("FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore")


def reader(**changes):
    given = {
        "score_from": 0.5, "face": "largest", "rate_hz": 25.0, "pose_unit": "auto",
        "landmarks": False, **changes,
    }  # fmt: skip
    return PyFeatReader(**given)


def row(frame, au=0.5, size=100.0, score=0.99, **more):
    time = int(frame / 25)
    cells = dict(zip(BOX, (1.0, 2.0, size, size, score), strict=True))
    return {
        **cells, "AU01": au, "happiness": 0.2, "input": "a/clip, one.mp4", "frame": frame,
        "approx_time": f"{time // 60:02d}:{time % 60:02d}", **more,
    }  # fmt: skip


def write(folder: Path, rows, name="x.csv"):
    header = list(rows[0])
    quoted = [[f'"{c}"' if isinstance(c, str) else str(c) for c in r.values()] for r in rows]
    lines = [",".join(header), *(",".join(cells).replace("nan", "") for cells in quoted)]
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder / name


def test_frames_become_seconds_and_skipped_frames_longer_rows(tmp_path):
    table = reader().read(write(tmp_path, [row(k, au=k / 100) for k in (0, 2, 4, 6)]))
    np.testing.assert_allclose(table.start_s, [0, 0.08, 0.16, 0.24])
    np.testing.assert_allclose(table.end_s, [0.08, 0.16, 0.24, 0.32])
    np.testing.assert_allclose(table.column("AU01"), [0, 0.02, 0.04, 0.06])
    assert table.columns == ("AU01", "happiness") and table.row_kind == "frame"


def test_pictures_without_a_face_are_not_observed(tmp_path):
    nothing = dict.fromkeys((*BOX, "AU01", "happiness"), math.nan)
    rows = [row(0), row(1, **nothing), row(2, score=0.4), row(3, size=0.0), row(4)]
    table = reader().read(write(tmp_path, rows))
    assert table.coverage.tolist() == [1, 0, 0, 0, 1]
    assert np.isnan(table.values[1:4]).all() and not np.isnan(table.values[[0, 4]]).any()


@pytest.mark.parametrize(("face", "wanted"), [("largest", 0.9), ("best", 0.1)])
def test_of_several_faces_one_is_read_and_this_is_said(tmp_path, face, wanted):
    rows = [
        row(0, au=0.1, size=50.0, score=0.999, Identity="Person_0"),
        row(0, au=0.9, size=80.0, score=0.9, Identity="Person_1"),
        row(1, au=0.3, Identity="Person_0"),
        row(2, au=0.7, size=900.0, score=0.2, Identity="Person_1"),
        row(2, au=0.4, Identity="Person_1"),
    ]
    table = reader(face=face).read(write(tmp_path, rows))
    assert table.column("AU01").tolist() == [wanted, 0.3, 0.4]
    words = "largest face" if face == "largest" else "face with the best score"
    assert table.notes[0].endswith(
        f"several faces in 1 pictures, the {words} is read (2 of py-feat's identities among them)"
    )


@pytest.mark.parametrize("rate_hz", [24.0, 25.0, 30.0, 60.0])
@pytest.mark.parametrize("skip", [1, 7])
def test_the_one_usual_rate_at_which_every_time_is_true_is_taken(tmp_path, rate_hz, skip):
    rows = []
    for k in range(0, int(rate_hz * 70), skip):
        second = int(k / rate_hz)
        rows.append(row(k, approx_time=f"{second // 60:02d}:{second % 60:02d}"))
    table = reader(rate_hz=None).read(write(tmp_path, rows))
    np.testing.assert_allclose(table.start_s[:3], np.arange(3) * skip / rate_hz)
    assert table.stamp.settings["rate_hz"] == rate_hz
    assert "the usual rate that fits approx_time" in table.notes[0]


@pytest.mark.parametrize(("n_frames", "told"), [(20, "no"), (26, None), (28, None)])
def test_a_rate_is_taken_from_the_first_whole_second_on(tmp_path, n_frames, told):
    path = write(tmp_path, [row(k) for k in range(n_frames)])
    if told is None:
        assert reader(rate_hz=None).read(path).start_s[25] == 1.0
        return
    with pytest.raises(DataError, match=rf"tells {told} pictures a second: the rate is needed"):
        reader(rate_hz=None).read(path)


def test_a_file_that_two_rates_fit_needs_one(tmp_path):
    rows = [row(k, approx_time=f"00:{int(k / 24):02d}") for k in range(0, 60, 9)]
    with pytest.raises(DataError, match=r"tells only .* the rate is needed \(rate_hz\)"):
        reader(rate_hz=None).read(write(tmp_path, rows))


def test_a_rate_that_contradicts_the_times_is_refused(tmp_path):
    path = write(tmp_path, [row(k) for k in range(100)])
    with pytest.raises(DataError, match=r"24\.8 to 25 pictures a second, 30 given \(rate_hz\)"):
        reader(rate_hz=30.0).read(path)


POSE = {"Pitch": 2.0, "Roll": -3.0, "Yaw": 1.0}


@pytest.mark.parametrize(
    ("unit", "more", "pitch"),
    [
        ("auto", {**POSE, "Pitch": 20.0}, math.radians(20)),
        ("auto", {**POSE, "X": 0.1, "Y": 0.2, "Z": 5.0}, 2.0),
        ("auto", POSE, math.nan),
        ("deg", POSE, math.radians(2)),
        ("rad", POSE, 2.0),
    ],
)
def test_the_heads_angles_are_radians_or_nothing(tmp_path, unit, more, pitch):
    path = write(tmp_path, [row(0, **more), row(1, **more)])
    table = reader(pose_unit=unit).read(path)
    np.testing.assert_allclose(table.column("Pitch"), [pitch] * 2)
    assert any("degrees or radians" in note for note in table.notes) == math.isnan(pitch)
    assert not np.isnan(table.column("AU01")).any()


def test_videos_of_one_file_are_read_apart(tmp_path):
    rows = [row(0, au=0.1), row(1, au=0.2)]
    rows += [row(0, au=0.6, input="C:\\b\\two.mp4"), row(1, au=0.7, input="C:\\b\\two.mp4")]
    path = write(tmp_path, rows)
    tables = reader().read_all(path)
    assert {k: t.column("AU01").tolist() for k, t in tables.items()} == {
        "clip, one": [0.1, 0.2], "two": [0.6, 0.7],
    }  # fmt: skip
    with pytest.raises(DataError, match="2 videos, one needed"):
        reader().read(path)


def test_two_videos_of_one_name_are_refused(tmp_path):
    rows = [row(0), row(0, input="b/clip, one.mov")]
    with pytest.raises(DataError, match="two videos named"):
        reader().read_all(write(tmp_path, rows))


def test_a_cut_last_line_is_left_out_and_said(tmp_path):
    path = write(tmp_path, [row(k) for k in range(4)])
    path.write_text(path.read_text()[:-9])
    table = reader().read(path)
    assert table.n_rows == 3 and "may be cut" in table.notes[0]


def test_a_row_without_a_frame_ends_the_file(tmp_path):
    table = reader().read(write(tmp_path, [row(0), row(1), {**row(2), "frame": math.nan}, row(3)]))
    assert table.n_rows == 2 and "row 3 of 4" in table.notes[0]


def test_frames_that_run_back_end_the_file_within_one_video(tmp_path):
    # Sorting hides nothing: rows of one picture belong together wherever they stand.
    table = reader().read(write(tmp_path, [row(1, au=0.2), row(0, au=0.1), row(2, au=0.3)]))
    assert table.column("AU01").tolist() == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mystery": 1}, "column 'mystery' is none of py-feat's"),
        ({"AU01": 7.0}, None),
    ],
)
def test_unknown_columns_are_named_and_impossible_values_not_observed(tmp_path, change, words):
    path = write(tmp_path, [row(0, **change), row(1, **change)])
    if words:
        with pytest.raises(DataError, match=words):
            reader().read(path)
    else:
        assert np.isnan(reader().read(path).column("AU01")).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("AU01,input\n0.1,a\n", "no column frame"),
        ("frame,AU01\n", "a first line and no row"),
        ("frame,AU01\n0,1,2\n0,1,2\n", "more cells"),
        ("frame,AU01\n0,1\n0,1,2\n", "no table"),
        ("frame,FaceScore\n0,1\n", "no action units"),
    ],
)
def test_what_is_no_fex_table_is_one_clear_error(tmp_path, text, words):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        reader().read(tmp_path / "x.csv")


@pytest.mark.parametrize("change", [{"face": "nearest"}, {"pose_unit": "turns"}])
def test_an_unknown_choice_is_refused(change):
    with pytest.raises(SetupError, match="needed"):
        reader(**change)


def test_reads_real_frames_of_twenty_clips_as_pandas_does(shared_data):
    import pandas as pd

    path = shared_data / "pyfeat_news_au" / "frames.csv"
    if not path.is_file():
        pytest.skip("pyfeat_news_au is absent")
    tables = reader().read_all(path)
    frame = pd.read_csv(path)
    assert len(tables) == 20 and sum(t.n_rows for t in tables.values()) == len(frame) == 477
    for name, table in tables.items():
        mine = frame[frame["input"] == f"{name}.mp4"]
        for column in ("AU12", "Happy", "valence", "Pitch", "gaze_yaw", "mouthSmileLeft"):
            np.testing.assert_allclose(table.column(column), mine[column], atol=1e-6)
        np.testing.assert_allclose(table.start_s, mine["frame"] / 25)
        assert (table.coverage == 1).all()


def test_reads_the_openface_file_that_py_feat_ships(shared_data):
    path = shared_data / "media" / "pyfeat" / "OpenFace_Test.csv"
    if not path.is_file():
        pytest.skip("media/pyfeat is absent")
    table = read_openface(path, confidence_from=0.8)
    assert table.n_rows == 99 and "the last line has no end" in table.notes[0]  # 100 lines
    assert {"AU12_r", "AU45_c", "gaze_0_x", "pose_Rx"} <= {*table.columns}
