"""Anybody's files: what is read, and what is refused with one clear line."""

import json

import numpy as np
import pandas as pd
import pytest

from clinic.errors import SetupError
from clinic.evaluation.audit import Columns, read_audit_split, read_audit_table


@pytest.fixture
def files(tmp_path):
    """Ten people with two recordings each."""
    generator = np.random.default_rng(0)
    people = [f"{i:03d}" for i in range(10) for _ in range(2)]
    features = pd.DataFrame(
        {
            "recording_id": [f"s{i}" for i in range(20)],
            "participant_id": people,
            "pause_share": generator.uniform(size=20),
            "f0": [np.nan, *generator.normal(size=19)],
            "duration_s": generator.uniform(100, 900, size=20),
            "session_kind": ["virtual", "human"] * 10,
        }
    )
    features.to_csv(tmp_path / "features.csv", index=False)
    labels = pd.DataFrame(
        {
            "participant_id": sorted(set(people)),
            "depression": range(10),
            "mood": ["low", "high"] * 5,
        }
    )
    labels.to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path


def read(folder, **options):
    options.setdefault("columns", Columns(metadata=["duration_s"]))
    return read_audit_table(folder / "features.csv", folder / "labels.csv", **options)


def test_ids_stay_text_and_columns_find_their_place(files):
    table = read(files)
    assert table.participant_ids[0] == "000"
    assert table.columns == ("pause_share", "f0")
    assert np.isnan(table.features[0, 1])
    assert set(table.metadata) == {"duration_s", "session_kind"}
    assert [target.name for target in table.labels] == ["depression"]
    assert table.labels[0].values[:4, 0].tolist() == [0, 0, 1, 1]


def test_parquet_is_read_like_csv(files):
    frame = pd.read_csv(files / "features.csv", dtype={"participant_id": str})
    frame.to_parquet(files / "features.parquet")
    one = read(files)
    other = read_audit_table(
        files / "features.parquet", files / "labels.csv", columns=Columns(metadata=["duration_s"])
    )
    np.testing.assert_array_equal(one.features, other.features)
    assert one.participant_ids.tolist() == other.participant_ids.tolist()


def test_targets_and_aliases_are_those_named(files):
    (files / "aliases.csv").write_text("participant_id,same_as\n001,000\n")
    table = read(files, targets=("mood",), aliases=files / "aliases.csv")
    assert [target.name for target in table.labels] == ["mood"]
    assert table.aliases == (("001", "000"),)


def test_a_split_by_person_and_one_by_row_are_both_read(files):
    table = read(files)
    people = sorted(set(table.participant_ids.tolist()))
    content = {
        "folds": [{"training": people[:6], "validation": people[6:8], "test": people[8:]}],
        "aliases": {"009": "000"},
    }
    (files / "split.json").write_text(json.dumps(content))
    folds, aliases = read_audit_split(files / "split.json", table)
    assert folds[0].scored.tolist() == [16, 17, 18, 19]
    assert aliases == (("009", "000"),)
    rows = "".join(f"{i},{i % 4}\n" for i in range(20))
    (files / "rows.csv").write_text("id,fold\n" + rows)
    folds, _ = read_audit_split(files / "rows.csv", table)
    assert [fold.scored.tolist() for fold in folds][1] == [1, 5, 9, 13, 17]
    assert len(folds[1].fitted) == 15


def test_official_parts_are_roles_of_one_fold(files):
    table = read(files)
    parts = {f"s{i}": "train" if i < 12 else "dev" if i < 16 else "test" for i in range(20)}
    lines = "".join(f"{key},{part}\n" for key, part in parts.items())
    (files / "parts.csv").write_text("id,fold\n" + lines)
    (fold,), _ = read_audit_split(files / "parts.csv", table)
    assert fold.scored.tolist() == [16, 17, 18, 19]
    assert fold.roles["validation"].tolist() == [12, 13, 14, 15]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("split.json", "{}", "is no split file"),
        ("split.json", '{"folds": []}', "has no fold"),
        ("split.csv", "id,part\ns0,1\n", "no column fold"),
        ("split.csv", "id,fold\nnobody,1\ns1,2\n", "such as nobody"),
        ("split.csv", "id,fold\ns0,1\ns0,2\n", "in fold 1 and 2"),
        ("split.csv", "id,fold\ns0,1\ns1,1\n", "1 fold"),
    ],
)
def test_a_split_that_cannot_be_read_is_refused(files, name, text, words):
    (files / name).write_text(text)
    with pytest.raises(SetupError, match=words):
        read_audit_split(files / name, read(files))


def test_tables_that_cannot_be_read_are_refused(files):
    with pytest.raises(SetupError, match="no column anxiety"):
        read(files, targets=("anxiety",))
    with pytest.raises(SetupError, match="cannot be read"):
        read_audit_table(files / "none.csv", files / "labels.csv", columns=Columns())
    (files / "features.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(SetupError, match=r"features\.parquet"):
        read_audit_table(files / "features.parquet", files / "labels.csv", columns=Columns())
    (files / "labels.csv").write_text("participant_id,depression\n000,1\n000,2\n")
    with pytest.raises(SetupError, match="two values of depression for 000"):
        read(files)
    (files / "features.csv").write_text("participant_id,x\n000,inf\n001,1\n")
    with pytest.raises(SetupError, match="infinite"):
        read(files)
