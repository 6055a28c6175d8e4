"""What is written comes back bit by bit, or not at all."""

import csv
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clinic.errors import DataError, SetupError
from clinic.io.atomic import atomic_path, csv_cell, sha256_of, write_csv, write_parquet, write_text
from clinic.io.references import read_references
from clinic.io.store import read_case, read_store, read_table, write_case, write_table
from clinic.records import (
    Case,
    Condition,
    FeatureSpec,
    FeatureTable,
    Modality,
    Role,
    Segment,
    Stamp,
)


def table_of(values: np.ndarray, name: str = "pauses") -> FeatureTable:
    n_rows, n_columns = values.shape
    specs = tuple(
        FeatureSpec(
            name=f"row.start_{n} é", unit="s", minimum=-math.inf, maximum=math.inf,
            source="s", group="g", meaning="m",
        )
        for n in range(n_columns)
    )  # fmt: skip
    start_s = np.arange(n_rows) * 0.1
    return FeatureTable(
        name=name, modality=Modality.VOICE, row_kind="segment", specs=specs,
        start_s=start_s, end_s=start_s + 0.1, values=values,
        coverage=np.linspace(0, 1, n_rows), notes=("none, really",),
        stamp=Stamp(component="x.Y", version="1", settings={"a": [1, None, "b"]}, licence="MIT"),
    )  # fmt: skip


def same(one: FeatureTable, other: FeatureTable) -> bool:
    plain = ("name", "modality", "row_kind", "specs", "notes")
    exact = ("start_s", "end_s", "values", "coverage")
    return (
        all(getattr(one, n) == getattr(other, n) for n in plain)
        and all(getattr(one, n).tobytes() == getattr(other, n).tobytes() for n in exact)
        and one.stamp.digest == other.stamp.digest
    )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(0, 6), st.integers(1, 4)),
        elements=st.floats(allow_infinity=False, allow_nan=True),
    )
)
def test_tables_come_back_bit_by_bit(tmp_path: Path, values: np.ndarray) -> None:
    table = table_of(values)
    write_table(tmp_path / "t.parquet", table)
    assert same(read_table(tmp_path / "t.parquet"), table)


def case_of(recording_id: str = "r-1") -> Case:
    values = np.array([[0.1, math.nan], [-0.0, 5e-324], [1 / 3, 2.0]])
    segments = tuple(
        Segment(index=n, start_s=n * 0.1, end_s=n * 0.1 + 0.1, speaker=Role.PARTICIPANT,
                origin="utterance", text=None if n else 'so\n"well" é')
        for n in range(3)
    )  # fmt: skip
    return Case(
        recording_id=recording_id, participant_id="p-1", segments=segments,
        tables=(table_of(values), table_of(values[:, :1], "face")),
    )  # fmt: skip


def test_cases_come_back(tmp_path: Path) -> None:
    for recording_id in ("r-2", "r-1"):
        write_case(tmp_path / recording_id / "features", case_of(recording_id))
    found = list(read_store(tmp_path))
    assert [case.recording_id for case in found] == ["r-1", "r-2"]
    for case in found:
        expected = case_of(case.recording_id)
        assert case.segments == expected.segments
        assert case.participant_id == "p-1"
        assert all(same(a, b) for a, b in zip(case.tables, expected.tables, strict=True))


def test_the_same_case_gives_the_same_bytes(tmp_path: Path) -> None:
    hashes = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        write_case(folder, case_of())
        hashes.append({p.name: sha256_of(p) for p in folder.iterdir()})
    assert hashes[0] == hashes[1]


def test_a_changed_table_is_noticed(tmp_path: Path) -> None:
    write_case(tmp_path, case_of())
    write_table(tmp_path / "face.parquet", table_of(np.zeros((3, 1)), "face"))
    with pytest.raises(DataError, match="face was changed after it was written"):
        read_case(tmp_path)


@pytest.mark.parametrize("name", ["case.json", "face.parquet"])
def test_damage_is_a_data_error(tmp_path: Path, name: str) -> None:
    write_case(tmp_path, case_of())
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-9])
    with pytest.raises(DataError, match=r"damaged|changed"):
        read_case(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(DataError):
        read_case(tmp_path)


def test_a_table_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    write_case(tmp_path, case_of())
    plain = json.loads((tmp_path / "case.json").read_text())
    plain["tables"][0]["name"] = "../face"
    (tmp_path / "case.json").write_text(json.dumps(plain))
    with pytest.raises(DataError, match="cannot be a file"):
        read_case(tmp_path)


def test_labels_and_moments_become_references(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "recording_id,participant_id,depression,ptsd,ambivalence,sex,age_band\n"
        "r-1,p-1,12,,1,female,30-39\nr-2,p-2,0,40.5,,male,\n"
    )
    (tmp_path / "moments.csv").write_text(
        "recording_id,start_s,end_s,ambivalence\nr-1,5,8,0\nr-1,1,2.5,1\n"
    )
    first, second = read_references(tmp_path / "labels.csv", tmp_path / "moments.csv")
    assert first.scores == {Condition.DEPRESSION: 12.0, Condition.AMBIVALENCE: 1.0}
    assert first.attributes == {"sex": "female", "age_band": "30-39"}
    assert [(m.start_s, m.end_s, m.shown) for m in first.moments] == [(1, 2.5, True), (5, 8, False)]
    assert second.scores == {Condition.DEPRESSION: 0.0, Condition.PTSD: 40.5}
    assert second.attributes == {"sex": "male"}
    assert second.moments == ()
    assert read_references(tmp_path / "labels.csv")[0].moments == ()


@pytest.mark.parametrize(
    ("labels", "moments", "words"),
    [
        ("recording_id,depression\nr,1\n", None, "no column participant_id"),
        ("recording_id,participant_id,ptsd\nr,p,high\n", None, "line 2: ptsd is no number"),
        ("recording_id,participant_id,ptsd\nr,p,nan\n", None, "ptsd is no number"),
        ("recording_id,participant_id\nr,p\nr,p\n", None, "line 3: the recording already has"),
        ("recording_id,participant_id\nr,\n", None, "participant_id are needed"),
        ("recording_id,participant_id\nr,p\n", "q,1,2,1\n", "1 recordings that stand in no line"),
        ("recording_id,participant_id\nr,p\n", "r,2,1,1\n", "a stretch from 2 s to 1 s"),
        ("recording_id,participant_id\nr,p\n", "r,1,2,maybe\n", "ambivalence must be 1 or 0"),
    ],
)
def test_labels_that_cannot_be_used_stop_the_run(
    tmp_path: Path, labels: str, moments: str | None, words: str
) -> None:
    (tmp_path / "l.csv").write_text(labels)
    if moments is not None:
        (tmp_path / "m.csv").write_text("recording_id,start_s,end_s,ambivalence\n" + moments)
    with pytest.raises(SetupError, match=words):
        read_references(tmp_path / "l.csv", tmp_path / "m.csv" if moments else None)


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-cmd", "@x", "\tx", "\rx", "=-1"])
def test_formulas_are_defused(cell: str) -> None:
    assert csv_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["-1.5", "+3", "1e-9", "-.5", "12%", "words - more", "", "a=b"])
def test_numbers_and_words_are_left_alone(cell: str) -> None:
    assert csv_cell(cell) == cell


def test_csv_keeps_numbers_exact_and_gaps_empty(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"id": ["a", '"b",\nc'], "score": [0.1 + 0.2, math.nan], "n": [1, -2], "x": [None, "=1"]}
    )
    write_csv(tmp_path / "t.csv", table)
    rows = list(csv.reader(io.StringIO((tmp_path / "t.csv").read_text(), newline="")))
    assert rows == [
        ["id", "score", "n", "x"],
        ["a", "0.30000000000000004", "1", ""],
        ['"b",\nc', "", "-2", "'=1"],
    ]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    write_text(target, "old")
    with pytest.raises(RuntimeError, match="midway"), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError("midway")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_cannot_be_written_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"x\.txt cannot be written: File exists"):
        write_text(tmp_path / "file" / "x.txt", "a")
    with pytest.raises(SetupError, match=r"x\.parquet cannot be written"):
        write_parquet(tmp_path / "file" / "x.parquet", pd.DataFrame({"a": [1]}))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_a_setup_error(tmp_path: Path) -> None:
    with (
        pytest.raises(SetupError, match="No space left"),
        atomic_path(tmp_path / "x"),
        Path("/dev/full").open("wb", buffering=0) as stream,
    ):
        stream.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writer_leaves_no_file_under_the_final_name(tmp_path: Path) -> None:
    script = (
        "import os, signal\nfrom pathlib import Path\nfrom clinic.io.atomic import atomic_path\n"
        f"with atomic_path(Path({str(tmp_path / 'x.txt')!r})) as t:\n"
        "    t.write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert done.returncode < 0
    left = list(tmp_path.iterdir())
    assert len(left) == 1
    assert left[0].name.endswith(".partial")


def test_files_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "x", "a")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640
