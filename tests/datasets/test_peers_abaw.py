"""Lines for the ABAW competitions: as many as pictures, and no invented value."""

import re

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from clinic.datasets.peers.abaw_export import (
    ACTION_UNITS,
    AbawFormat,
    ah_video_file,
    per_frame,
    values_of,
)
from clinic.errors import DataError, SetupError
from clinic.io.store import write_case
from clinic.records import Case, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp
from pipelines.cli import main

NAN = float("nan")


def made(task, layout="per_video", present_from=0.5):
    return AbawFormat(task=task, layout=layout, present_from=present_from)


def table(columns, values):
    values = np.asarray(values, dtype=float)
    starts = np.arange(len(values), dtype=float)
    return FeatureTable(
        name="pyfeat", modality=Modality.FACE, row_kind="segment",
        specs=tuple(
            FeatureSpec(name=c, unit="1", minimum=-1, maximum=5, source="s", group="g", meaning="m")
            for c in columns
        ),
        start_s=starts, end_s=starts + 1, values=values, coverage=np.ones(len(values)),
        stamp=Stamp(component="test", version="0", settings={}),
    )  # fmt: skip


def test_a_file_per_video_is_a_header_and_a_line_for_each_picture():
    files = made("va").files([("a", np.array([[0.5, -1.0], [NAN, NAN]])), ("b", np.zeros((1, 2)))])
    found = {str(name): text for name, text in files.items()}
    assert found == {
        "a.txt": "valence,arousal\n0.500000,-1.000000\n-5,-5\n",
        "b.txt": "valence,arousal\n0.000000,0.000000\n",
    }


def test_one_file_names_each_picture_from_1_on():
    files = made("expr", "one_file").files(
        [("a", np.eye(8)[[4, 0]]), ("b", np.array([[0.1] * 7 + [NAN], [NAN] * 8]))]
    )
    (text,) = files.values()
    assert text.splitlines() == [
        "image_location,Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other",
        "a/00001.jpg,4",
        "a/00002.jpg,0",
        "b/00001.jpg,0",
        "b/00002.jpg,-1",
    ]


def test_a_unit_is_present_from_the_threshold_on():
    row = np.array([[0.5, 0.499999, 1.0, NAN, *[0.0] * 8]])
    (line,) = made("au").lines("v", row)
    assert line == "1,0,1,-1,0,0,0,0,0,0,0,0"
    assert made("au").header == ",".join(ACTION_UNITS)


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros(2), np.full((1, 2), 1.01)])
def test_values_that_cannot_be_are_refused(bad):
    with pytest.raises(DataError, match="needed"):
        made("va").lines("v", bad)


@pytest.mark.parametrize("bad", [{"task": "mood"}, {"task": "va", "layout": "two_files"}])
def test_an_unknown_task_or_layout_is_refused(bad):
    with pytest.raises(SetupError, match="needed"):
        made(**bad)


def test_video_level_answers_are_sorted_and_whole():
    text = ah_video_file([("b", 0.7), ("a", 0.5), ("c", 0.1)], present_from=0.5)
    assert text == "video_id, pred\na, 1\nb, 1\nc, 0\n"


@pytest.mark.parametrize("shown", [[("a", NAN)], [("a", 1.2)], [("a", 0.1), ("a", 0.9)]])
def test_a_video_without_one_probability_is_refused(shown):
    with pytest.raises(DataError):
        ah_video_file(shown, present_from=0.5)


@given(
    rate_hz=st.sampled_from([23.976, 24.0, 25.0, 29.97, 30.0, 60.0]),
    ends=st.lists(st.integers(1, 90), min_size=1, max_size=6),
    n_more=st.integers(0, 5),
)
def test_every_picture_has_the_value_of_the_stretch_it_lies_in(rate_hz, ends, n_more):
    """Stretches of whole pictures: picture k belongs to the stretch that counting gives."""
    edges = np.concatenate([[0], np.cumsum(ends)])
    values = np.arange(len(ends), dtype=float)[:, None]
    found = per_frame(
        values, edges[:-1] / rate_hz, edges[1:] / rate_hz,
        rate_hz=rate_hz, n_frames=int(edges[-1]) + n_more,
    )  # fmt: skip
    wanted = [*np.repeat(np.arange(len(ends)), ends), *[NAN] * n_more]
    np.testing.assert_array_equal(found[:, 0], wanted)


def test_columns_are_found_by_any_of_their_names_and_intensities_are_not():
    one = table(
        ["AU01", "AU02_c_mean", "AU04_mean", "AU06_r", "AU12_r_mean"], [[0.1, 1, 0.9, 3, 3]]
    )
    values = values_of(one, "au")[0]
    np.testing.assert_array_equal(values, [0.1, 1, 0.9, *[NAN] * 9])
    expressions = values_of(table(["Happy_mean", "anger_mean"], [[0.3, 0.2]]), "expr")[0]
    np.testing.assert_array_equal(expressions, [NAN, 0.2, NAN, NAN, 0.3, NAN, NAN, NAN])
    with pytest.raises(SetupError, match=r"none of valence, arousal \(table\)"):
        values_of(one, "va")


@pytest.fixture
def store(tmp_path):
    for name in ("r1", "r2"):
        segments = tuple(
            Segment(index=i, start_s=i, end_s=i + 1.0, speaker=Role.UNKNOWN, origin="window")
            for i in range(2)
        )
        made_table = table(["valence_mean", "arousal_mean"], [[0.25, -0.5], [NAN, NAN]])
        case = Case(recording_id=name, participant_id=name, segments=segments, tables=(made_table,))
        write_case(tmp_path / "in" / "store" / name, case)
    return tmp_path / "in"


def run(*arguments):
    return CliRunner().invoke(main, ["data", "export", *map(str, arguments)])


def test_the_command_writes_a_line_for_each_picture_that_was_counted(store, tmp_path):
    (tmp_path / "n.csv").write_text("recording_id,n_frames\nr1,5\nr2,3\n")
    result = run(
        store, "--format", "abaw", "--out", tmp_path / "out", "abaw.task=va", "abaw.rate_hz=2",
        "abaw.layout=per_video", f"abaw.frames={tmp_path / 'n.csv'}",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    known, unknown = "0.250000,-0.500000", "-5,-5"
    lines = (tmp_path / "out" / "r1.txt").read_text().splitlines()
    assert lines == ["valence,arousal", known, known, unknown, unknown, unknown]
    assert len((tmp_path / "out" / "r2.txt").read_text().splitlines()) == 4


def test_the_command_says_where_it_counted_pictures_itself(store, tmp_path):
    result = run(
        store, "--format", "abaw", "--out", tmp_path / "out", "abaw.task=va", "abaw.rate_hz=3"
    )
    assert "check" in result.output and result.exit_code == 0
    rows = (tmp_path / "out" / "predictions.txt").read_text().splitlines()
    assert len(rows) == 1 + 2 * 6


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["abaw.task=au"], "none of AU1"),
        (["abaw.task=va", "abaw.table=face"], r"no table face: pyfeat \(abaw\.table\)"),
        (["abaw.task=ah"], r"\(abaw\.predictions\)"),
        (["abaw.task=mood"], "task mood"),
    ],
)
def test_what_is_missing_is_said_in_one_line(store, tmp_path, settings, words):
    result = run(store, "--format", "abaw", "--out", tmp_path / "out", *settings)
    assert result.exit_code == 2 and not (tmp_path / "out").exists()
    assert re.search(words, result.output) and len(result.output.strip().splitlines()) == 1


def test_ambivalence_of_stretches_and_of_videos(store, tmp_path):
    moments = tmp_path / "m.csv"
    moments.write_text("recording_id,start_s,end_s,ambivalence\nr1,0,1,0.2\nr1,1,2,0.8\nr2,0,1,1\n")
    base = ["--format", "abaw", f"abaw.predictions={moments}", "abaw.rate_hz=2"]
    result = run(store, *base, "--out", tmp_path / "f", "abaw.task=ah", "abaw.layout=per_video")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "f" / "r1.txt").read_text() == "AH\n0\n0\n1\n1\n"
    assert (tmp_path / "f" / "r2.txt").read_text() == "AH\n1\n1\n-1\n-1\n"
    moments.write_text("recording_id,ambivalence\nr2,0.2\nr1,0.6\n")
    result = run(store, *base, "--out", tmp_path / "v", "abaw.task=ah_video")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "v" / "predictions.txt").read_text() == "video_id, pred\nr1, 1\nr2, 0\n"
