"""Readers of OpenFace, COVAREP and openSMILE files: what is measured, what was not, what broke."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import opensmile
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.datasets.shipped.covarep import (
    VOICED_ONLY,
    covarep_specs,
    read_covarep,
    read_formants,
)
from clinic.datasets.shipped.frame_times import ends_of
from clinic.datasets.shipped.openface import read_openface
from clinic.datasets.shipped.opensmile_columns import described, is_voiced_only
from clinic.datasets.shipped.opensmile_csv import read_opensmile, read_opensmile_functionals
from clinic.errors import DataError
from clinic.records import FeatureTable
from made_up_daic import (
    CLNF_AUS,
    CLNF_GAZE,
    CLNF_POSE,
    EGEMAPS_LLD,
    MFCC,
    OPENFACE,
    covarep_text,
    openface_text,
    opensmile_text,
)

RNG = np.random.default_rng(3)


def written(folder: Path, text: str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def openface(folder: Path, text: str, **settings: object) -> FeatureTable:
    return read_openface(written(folder, text), **{"confidence_from": 0.5, **settings})  # type: ignore[arg-type]


def covarep(path: Path) -> FeatureTable:
    return read_covarep(path, rate_hz=100)


# OpenFace


@pytest.mark.parametrize("columns", [CLNF_AUS, CLNF_GAZE, CLNF_POSE, OPENFACE])
def test_openface_cells_are_those_that_pandas_reads(tmp_path: Path, columns: tuple[str, ...]):
    text = openface_text(RNG, columns, 40)
    table = openface(tmp_path, text)
    truth = pd.read_csv(tmp_path / "file.csv", skipinitialspace=True)
    trusted = (truth["success"] == 1).to_numpy()
    assert 0 < trusted.sum() < 40
    np.testing.assert_allclose(
        table.values[trusted], truth.loc[trusted, list(columns)].to_numpy(float), atol=1e-9
    )
    assert np.isnan(table.values[~trusted]).all()
    np.testing.assert_array_equal(table.coverage, trusted.astype(float))
    np.testing.assert_allclose(table.start_s, truth["timestamp"])
    assert not table.notes


def test_every_spelling_of_a_column_gets_one_name(tmp_path: Path):
    spaced = openface(tmp_path, openface_text(RNG, CLNF_POSE, 5))
    assert spaced.columns == tuple(f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz")
    short = openface(tmp_path, openface_text(RNG, ("Tx", "Ty", "Tz", "Rx", "Ry", "Rz"), 5, ","))
    assert short.columns == spaced.columns
    gaze = openface(tmp_path, openface_text(RNG, CLNF_GAZE, 5))
    assert gaze.columns[:2] == ("gaze_0_x", "gaze_0_y")
    assert gaze.columns[-1] == "gaze_head_1_z"


def test_gaze_vectors_and_landmarks_of_the_same_name_are_told_apart(tmp_path: Path):
    points = tuple(f"{axis}{i}" for axis in "xy" for i in range(68))
    text = openface_text(RNG, points, 5)
    with pytest.raises(DataError, match="landmarks=False"):
        openface(tmp_path, text)
    table = openface(tmp_path, text, landmarks=True)
    assert table.columns[0] == "x_0"
    assert {spec.unit for spec in table.specs} == {"px"}


def test_units_and_ranges_are_openfaces(tmp_path: Path):
    specs = {s.name: s for s in openface(tmp_path, openface_text(RNG, OPENFACE, 5)).specs}
    assert len(specs) == 49  # as AVEC 2019 counts them
    assert (specs["AU12_r"].minimum, specs["AU12_r"].maximum) == (0, 5)
    assert (specs["AU28_c"].minimum, specs["AU28_c"].maximum) == (0, 1)
    assert specs["pose_Tx"].unit == "mm"
    assert specs["pose_Rx"].unit == specs["gaze_angle_x"].unit == "rad"


@pytest.mark.parametrize(("confidence_from", "kept"), [(0.0, 3), (0.5, 2), (0.9, 1), (0.95, 0)])
def test_confidence_and_success_both_decide(tmp_path: Path, confidence_from: float, kept: int):
    text = "frame,timestamp,confidence,success,AU12_r\n" + "".join(
        f"{i},{i / 30:.3f},{c},{s},1.0\n"
        for i, (c, s) in enumerate([(0.9, 1), (0.5, 1), (0.2, 1), (0.9, 0)])
    )
    table = openface(tmp_path, text, confidence_from=confidence_from)
    assert np.isfinite(table.values[:, 0]).sum() == kept == table.coverage.sum()


def test_a_frame_lasts_to_the_next_and_not_over_a_gap(tmp_path: Path):
    starts = (0.0, 0.033, 0.067, 0.1, 2.0)
    text = "timestamp,success,AU12_r\n" + "".join(f"{t},1,1\n" for t in starts)
    table = openface(tmp_path, text)
    np.testing.assert_allclose(table.end_s[:3], starts[1:4])
    assert table.end_s[3] == pytest.approx(0.1335)
    assert np.all(table.end_s > table.start_s)


@given(st.lists(st.floats(0.001, 10), min_size=1, max_size=30))
def test_rows_never_overlap(steps: list[float]):
    starts = np.concatenate([[0.0], np.cumsum(steps)])
    ends = ends_of(starts, "file")
    assert np.all(ends > starts)
    assert np.all(ends[:-1] <= starts[1:] * (1 + 1e-12))


def test_openface_without_times_needs_the_rate(tmp_path: Path):
    text = "frame, success, AU12_r\n1, 1, 0.5\n2, 1, 0.6\n4, 1, 0.7\n"
    with pytest.raises(DataError, match="rate_hz"):
        openface(tmp_path, text)
    np.testing.assert_allclose(openface(tmp_path, text, rate_hz=10).start_s, [0.0, 0.1, 0.3])


def test_the_face_seen_longest_is_read(tmp_path: Path):
    rows = [(0, 0.0, 1), (0, 0.1, 2), (1, 0.1, 4), (1, 0.2, 4), (1, 0.3, 4)]
    text = "face_id,timestamp,success,AU12_r\n" + "".join(f"{i},{t},1,{v}\n" for i, t, v in rows)
    table = openface(tmp_path, text)
    assert table.values[:, 0].tolist() == [4, 4, 4]
    assert "2 faces" in table.notes[0]


def test_intensities_below_zero_are_zero_and_absurd_ones_unknown(tmp_path: Path):
    text = "timestamp,success,AU12_r\n0,1,-0.4\n0.1,1,300\n0.2,1,2\n"
    table = openface(tmp_path, text)
    np.testing.assert_array_equal(table.values[:, 0], [0, np.nan, 2])
    assert len(table.notes) == 2


def test_the_first_unknown_openface_column_is_named(tmp_path: Path):
    with pytest.raises(DataError, match="'AU03_r'"):
        openface(tmp_path, "timestamp,success,AU12_r,AU03_r,mood\n0,1,1,1,1\n")
    with pytest.raises(DataError, match="stands twice"):
        openface(tmp_path, "timestamp,success,AU12_r,AU12_r\n0,1,1,1\n")


def test_not_a_number_in_any_spelling_is_not_observed(tmp_path: Path):
    cells = ("nan", "-nan(ind)", "-1.#IND", "", "inf", "2")
    text = "timestamp,success,AU12_r\n" + "".join(f"{i},1,{c}\n" for i, c in enumerate(cells))
    table = openface(tmp_path, text)
    assert np.isfinite(table.values[:, 0]).tolist() == [False] * 5 + [True]
    assert table.coverage.tolist() == [0, 0, 0, 0, 0, 1]


def test_a_real_openface_table_is_read(shared_data: Path):
    path = shared_data / "media" / "pyfeat" / "OpenFace_Test.csv"
    if not path.is_file():
        pytest.skip("OpenFace_Test.csv is absent")
    # The file ends without a line end: its last row is not trusted.
    truth = pd.read_csv(path, skipinitialspace=True).iloc[:-1]
    table = read_openface(path, confidence_from=0.0)
    assert table.n_rows == len(truth) == 99
    trusted = (truth["success"] == 1).to_numpy()
    np.testing.assert_allclose(
        table.column("AU12_r")[trusted], np.clip(truth["AU12_r"][trusted], 0, 5)
    )
    full = read_openface(path, confidence_from=0.0, landmarks=True)
    assert len(full.columns) - len(table.columns) == 68 * 5


# Damage, the same promises for every reader

FILES: list[tuple[str, Callable[[Path], FeatureTable]]] = [
    (openface_text(RNG, OPENFACE, 30), lambda p: read_openface(p, confidence_from=0.5)),
    (covarep_text(RNG, 30), covarep),
    (opensmile_text(RNG, EGEMAPS_LLD, 30), read_opensmile),
]


@pytest.mark.parametrize(("text", "read"), FILES, ids=["openface", "covarep", "opensmile"])
@pytest.mark.parametrize("n_lost", [1, 5, 40])
def test_a_cut_file_gives_the_rows_before_the_cut(
    tmp_path: Path, text: str, read: Callable[[Path], FeatureTable], n_lost: int
):
    whole = read(written(tmp_path, text))
    assert not [note for note in whole.notes if "cut" in note or "damaged" in note]
    cut = read(written(tmp_path, text[:-n_lost]))
    assert cut.n_rows == whole.n_rows - 1
    np.testing.assert_array_equal(cut.values, whole.values[:-1])
    assert any("cut" in note or "damaged" in note for note in cut.notes)


@pytest.mark.parametrize(("text", "read"), FILES, ids=["openface", "covarep", "opensmile"])
@pytest.mark.parametrize("break_line", ["replace", "widen", "garble"])
def test_rows_before_damage_in_the_middle_are_used(
    tmp_path: Path, text: str, read: Callable[[Path], FeatureTable], break_line: str
):
    whole = read(written(tmp_path, text))
    lines = text.splitlines()
    place = len(lines) - 10
    cells = lines[place].replace(";", ",").split(",")
    mark = ";" if ";" in text else ","
    if break_line == "garble":
        cells[-1] = "x\0y"
    lines[place] = {
        "replace": "\0\0\0",
        "widen": lines[place] + mark + "1",
        "garble": mark.join(cells),
    }[break_line]
    table = read(written(tmp_path, "\n".join(lines) + "\n"))
    assert table.n_rows == whole.n_rows - 10
    np.testing.assert_array_equal(table.values, whole.values[: table.n_rows])
    assert sum("damaged" in note for note in table.notes) == 1


@pytest.mark.parametrize(("text", "read"), FILES, ids=["openface", "covarep", "opensmile"])
@pytest.mark.parametrize("content", ["", "\n\n", "\0\0\0", "hello\n", "<html>\n<body>\n"])
def test_nothing_usable_is_a_data_error(
    tmp_path: Path, text: str, read: Callable[[Path], FeatureTable], content: str
):
    with pytest.raises(DataError):
        read(written(tmp_path, content))
    with pytest.raises(DataError, match="missing"):
        read(tmp_path / "absent.csv")


@pytest.mark.parametrize(("text", "read"), FILES, ids=["openface", "covarep", "opensmile"])
def test_line_ends_of_windows_and_byte_order_marks_change_nothing(
    tmp_path: Path, text: str, read: Callable[[Path], FeatureTable]
):
    whole = read(written(tmp_path, text))
    other = read(written(tmp_path, "\ufeff" + text.replace("\n", "\r\n")))
    assert other.columns == whole.columns
    np.testing.assert_array_equal(other.values, whole.values)


def test_a_clock_that_runs_back_ends_the_table(tmp_path: Path):
    text = "timestamp,success,AU12_r\n0,1,1\n0.1,1,1\n0.05,1,1\n0.2,1,1\n"
    table = openface(tmp_path, text)
    assert table.n_rows == 2
    assert "does not follow" in table.notes[0]
    with pytest.raises(DataError, match="do not rise"):
        openface(tmp_path, "timestamp,success,AU12_r\n0,1,1\n0,1,1\n0,1,1\n")


# COVAREP


@pytest.mark.parametrize("n_columns", [73, 74])
def test_covarep_knows_its_columns_by_their_place(tmp_path: Path, n_columns: int):
    table = covarep(written(tmp_path, covarep_text(RNG, 20, n_columns)))
    assert len(table.columns) == n_columns
    assert ("creak" in table.columns) == (n_columns == 74)
    assert table.columns[:2] == ("F0", "VUV")
    assert table.columns[-1] == "HMPDD_12"
    raw = np.loadtxt(tmp_path / "file.csv", delimiter=",")
    np.testing.assert_array_equal(table.column("MCEP_0")[:9], raw[:9, n_columns - 63])


def test_covarep_of_another_width_is_refused():
    with pytest.raises(DataError, match="72 columns, 73 or 74 needed"):
        covarep_specs(72)


def test_what_needs_a_voice_is_unknown_without_one(tmp_path: Path):
    table = covarep(written(tmp_path, covarep_text(RNG, 60)))
    voicing = table.column("VUV")
    unvoiced = voicing == 0
    assert unvoiced.any()
    for name in VOICED_ONLY:
        assert np.isnan(table.column(name)[unvoiced]).all()
        assert np.isfinite(table.column(name)[voicing == 1]).all()
    assert np.isfinite(table.column("MCEP_1")[unvoiced]).all()


def test_scrubbed_rows_are_not_observed_rather_than_zero(tmp_path: Path):
    table = covarep(written(tmp_path, covarep_text(RNG, 60)))
    assert np.isnan(table.values[9::10]).all()
    assert table.coverage.sum() == 54
    assert "6 rows of zeros" in table.notes[0]


def test_covarep_rows_are_ten_milliseconds(tmp_path: Path):
    table = covarep(written(tmp_path, covarep_text(RNG, 250)))
    assert table.start_s[200] == pytest.approx(2.0)
    np.testing.assert_array_equal(table.end_s[:-1], table.start_s[1:])


def test_names_in_a_headerless_file_must_be_the_known_ones(tmp_path: Path):
    body = covarep_text(RNG, 5)
    names = [spec.name for spec in covarep_specs(74)]
    table = covarep(written(tmp_path, ",".join(names) + "\n" + body))
    assert table.n_rows == 5
    names[2] = "loudness"
    with pytest.raises(DataError, match="'loudness' where NAQ"):
        covarep(written(tmp_path, ",".join(names) + "\n" + body))


def test_infinite_covarep_values_are_not_observed(tmp_path: Path):
    lines = covarep_text(RNG, 5).splitlines()
    cells = lines[1].split(",")
    cells[40] = "-Inf"
    lines[1] = ",".join(cells)
    table = covarep(written(tmp_path, "\n".join(lines) + "\n"))
    assert np.isnan(table.values[1, 40])
    assert np.isfinite(table.values[1, 41])
    assert "1 infinite" in table.notes[0]


def test_formants_have_five_columns_and_no_zero(tmp_path: Path):
    table = read_formants(written(tmp_path, "500,1500,2500,0,4500\n0,0,0,0,0\n"), rate_hz=100)
    assert table.columns == ("F1", "F2", "F3", "F4", "F5")
    assert np.isnan(table.values[0]).tolist() == [False, False, False, True, False]
    assert table.coverage.tolist() == [1, 0]
    with pytest.raises(DataError, match="4 columns, 5 needed"):
        read_formants(written(tmp_path, "1,2,3,4\n"), rate_hz=100)


# openSMILE


@pytest.mark.filterwarnings("ignore:Feature set")
@pytest.mark.parametrize("level", ["LowLevelDescriptors", "Functionals"])
@pytest.mark.parametrize("version", ["GeMAPSv01b", "eGeMAPSv01b", "eGeMAPSv02"])
def test_every_column_that_opensmile_names_is_described(version: str, level: str):
    names = opensmile.Smile(
        feature_set=opensmile.FeatureSet[version], feature_level=opensmile.FeatureLevel[level]
    ).feature_names
    assert [name for name in names if described(name) is None] == []


@pytest.mark.parametrize("delimiter", [";", ","])
def test_descriptors_are_read_whatever_stands_between(tmp_path: Path, delimiter: str):
    text = opensmile_text(np.random.default_rng(1), EGEMAPS_LLD, 30, delimiter)
    table = read_opensmile(written(tmp_path, text))
    assert table.columns == EGEMAPS_LLD
    truth = pd.read_csv(tmp_path / "file.csv", sep=delimiter)
    np.testing.assert_allclose(table.column("alphaRatio_sma3"), truth["alphaRatio_sma3"])
    np.testing.assert_allclose(table.start_s, np.arange(30) / 100)
    np.testing.assert_allclose(table.end_s, np.arange(1, 31) / 100)


def test_a_pitch_of_zero_is_no_pitch(tmp_path: Path):
    table = read_opensmile(written(tmp_path, opensmile_text(RNG, EGEMAPS_LLD, 30)))
    voiced_only = [is_voiced_only(name) for name in table.columns]
    assert sum(voiced_only) == 13
    assert np.isnan(table.values[2::3][:, voiced_only]).all()
    assert np.isfinite(table.values[2::3][:, np.logical_not(voiced_only)]).all()
    assert np.isfinite(table.values[0::3]).all()


def test_cepstra_with_their_changes_are_read(tmp_path: Path):
    table = read_opensmile(written(tmp_path, opensmile_text(RNG, MFCC, 10)), name="mfcc")
    assert len(table.columns) == 39
    assert "change of the change" in table.specs[-1].meaning


def test_the_first_unknown_opensmile_column_is_named(tmp_path: Path):
    text = "name;frameTime;Loudness_sma3;Mood_sma3;Luck\n'a';0;1;1;1\n'a';0.01;1;1;1\n"
    with pytest.raises(DataError, match="'Mood_sma3'"):
        read_opensmile(written(tmp_path, text))
    with pytest.raises(DataError, match="frameTime"):
        read_opensmile(written(tmp_path, "name;Loudness_sma3\n'a';1\n'a';2\n"))


def test_what_opensmile_writes_itself_is_read(tmp_path: Path):
    """The library's own table, pandas' times and all: the same numbers come back."""
    rate = 16_000
    time_s = np.arange(rate) / rate
    tone = 0.3 * np.sin(2 * np.pi * 150 * time_s + np.sin(2 * np.pi * 3 * time_s))
    for level in ("LowLevelDescriptors", "Functionals"):
        smile = opensmile.Smile(
            feature_set=opensmile.FeatureSet.eGeMAPSv02,
            feature_level=opensmile.FeatureLevel[level],
        )
        frame = smile.process_signal(tone, rate)
        path = tmp_path / f"{level}.csv"
        frame.to_csv(path)
        if level == "Functionals":
            table = read_opensmile_functionals(path, duration_s=1.0)
            assert (table.row_kind, table.n_rows, len(table.columns)) == ("recording", 1, 88)
        else:
            table = read_opensmile(path)
            assert table.n_rows == len(frame)
            assert table.start_s[1] == pytest.approx(0.01)
        raw = frame.to_numpy(dtype=float)
        known = np.isfinite(table.values)
        assert known.mean() > 0.5
        np.testing.assert_allclose(table.values[known], raw[known], rtol=1e-6, atol=1e-9)
        assert (raw[~known] <= 0).mean() > 0.5  # mostly zeros, which stood for "not there"


def test_functionals_in_weka_format_are_read(tmp_path: Path):
    text = (
        "@relation smile\n\n@attribute name string\n"
        "@attribute F0semitoneFrom27.5Hz_sma3nz_amean numeric\n"
        "@attribute loudness_sma3_amean numeric\n@attribute jitterLocal_sma3nz_amean numeric\n"
        "@attribute class numeric\n\n@data\n\n'unknown',0,0.5,0,?"
    )
    table = read_opensmile_functionals(written(tmp_path, text), duration_s=12.5)
    assert table.columns[1] == "loudness_sma3_amean"
    np.testing.assert_array_equal(table.values, [[np.nan, 0.5, np.nan]])
    assert table.end_s.tolist() == [12.5]


def test_two_rows_are_no_functionals(tmp_path: Path):
    text = "name;loudness_sma3_amean\n'a';1\n'b';2\n"
    with pytest.raises(DataError, match="2 rows"):
        read_opensmile_functionals(written(tmp_path, text), duration_s=1.0)


def test_readers_stamp_their_settings(tmp_path: Path):
    text = openface_text(RNG, OPENFACE, 5)
    one, other = (openface(tmp_path, text, confidence_from=c).stamp for c in (0.5, 0.8))
    assert one.component == "clinic.datasets.shipped.openface.read_openface"
    assert one.digest != other.digest
