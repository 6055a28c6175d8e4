"""Tables put together: nothing lands on the wrong segment, nothing is invented for the absent."""

from pathlib import Path

import numpy as np
import pytest

from clinic.datasets.merging import merge_stores, with_common_table, with_same_tables
from clinic.errors import SetupError
from clinic.io.store import read_case, write_case
from clinic.records import Case, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

SPANS = ((0.0, 1.5), (2.0, 4.0), (4.5, 6.0))
STAMP = Stamp(component="made up", version="0", settings={})


def segments(spans=SPANS):
    return tuple(
        Segment(index=i, start_s=a, end_s=b, speaker=Role.PARTICIPANT, origin="utterance")
        for i, (a, b) in enumerate(spans)
    )


def table(name, columns, first=0.0, spans=SPANS, unit="1", coverage=1.0):
    n = len(spans)
    values = first + np.arange(n * len(columns), dtype=float).reshape(n, len(columns))
    return FeatureTable(
        name=name,
        modality=Modality.FACE,
        row_kind="segment",
        specs=tuple(
            FeatureSpec(
                name=column,
                unit=unit,
                minimum=-np.inf,
                maximum=np.inf,
                source="made up",
                group="made up",
                meaning=column,
            )
            for column in columns
        ),
        start_s=np.array([a for a, _ in spans]),
        end_s=np.array([b for _, b in spans]),
        values=values,
        coverage=np.full(n, coverage),
        stamp=STAMP,
    )


def case(name, *tables, spans=SPANS):
    return Case(
        recording_id=name, participant_id=f"p-{name}", segments=segments(spans), tables=tables
    )


def store(folder: Path, *cases: Case) -> Path:
    for one in cases:
        write_case(folder / one.recording_id, one)
    return folder


def merged(tmp_path, ours, shipped):
    problems = merge_stores(store(tmp_path / "ours", *ours), store(tmp_path / "shipped", *shipped))
    return {
        one.recording_id: read_case(tmp_path / "ours" / one.recording_id) for one in ours
    }, dict(problems)


def test_shipped_tables_stand_beside_ours_row_by_row(tmp_path):
    ours, shipped = table("voice", ["a", "b"]), table("openface", ["c"], first=100.0)
    found, problems = merged(tmp_path, [case("r", ours)], [case("r", shipped)])
    assert problems == {}
    assert [t.name for t in found["r"].tables] == ["voice", "openface"]
    np.testing.assert_array_equal(found["r"].table("voice").values, ours.values)
    np.testing.assert_array_equal(found["r"].table("openface").values, shipped.values)


def test_a_table_of_the_same_name_is_ours_and_is_not_overwritten(tmp_path):
    ours, theirs = table("egemaps", ["a"]), table("egemaps", ["a"], first=500.0)
    found, _ = merged(tmp_path, [case("r", ours)], [case("r", theirs, table("mfcc", ["m"]))])
    np.testing.assert_array_equal(found["r"].table("egemaps").values, ours.values)
    assert [t.name for t in found["r"].tables] == ["egemaps", "mfcc"]


def test_a_recording_that_the_corpus_ships_nothing_of_has_the_table_not_observed(tmp_path):
    both, alone = case("both", table("voice", ["a"])), case("alone", table("voice", ["a"]))
    found, problems = merged(tmp_path, [both, alone], [case("both", table("face", ["c"]))])
    assert problems == {"alone": "the corpus ships no features of it"}
    empty = found["alone"].table("face")
    assert empty.columns == ("c",)
    assert np.isnan(empty.values).all() and not empty.coverage.any()
    assert len(empty.values) == len(SPANS)


@pytest.mark.parametrize(
    ("spans", "fits"),
    [
        (((0.0, 1.5), (2.0, 4.0), (4.5, 6.0)), True),
        (((0.0, 1.501), (2.0, 4.0), (4.499, 6.0)), True),
        (((0.0, 1.51), (2.0, 4.0), (4.5, 6.0)), False),
        (((0.0, 1.5), (2.0, 4.0)), False),
        (((1.0, 2.5), (3.0, 5.0), (5.5, 7.0)), False),
    ],
)
def test_only_the_same_stretches_of_time_are_put_together(tmp_path, spans, fits):
    other = case("r", table("face", ["c"], spans=spans), spans=spans)
    anchor = case("s", table("face", ["c"]))
    ours = [case("r", table("voice", ["a"])), case("s", table("voice", ["a"]))]
    found, problems = merged(tmp_path, ours, [other, anchor])
    assert ("r" in problems) is not fits
    assert np.isnan(found["r"].table("face").values).all() == (not fits)
    assert not np.isnan(found["s"].table("face").values).any()


def test_lengths_long_after_the_start_are_compared_as_strictly(tmp_path):
    late = tuple((a + 3000.0, b + 3000.0) for a, b in SPANS)
    moved = tuple((a + 3000.02, b + 3000.02) for a, b in SPANS)
    ours = case("r", table("voice", ["a"], spans=late), spans=late)
    shipped = case("r", table("face", ["c"], spans=moved), spans=moved)
    _, problems = merged(tmp_path, [ours], [shipped])
    assert "r" in problems


def test_every_case_ends_with_the_same_tables(tmp_path):
    ours = [case(name, table("voice", ["a"])) for name in ("r", "s", "t")]
    shipped = [case("s", table("face", ["c"]), table("pose", ["d", "e"]))]
    found, _ = merged(tmp_path, ours, shipped)
    names = {tuple(sorted(t.name for t in one.tables)) for one in found.values()}
    assert names == {("face", "pose", "voice")}


def one_file(name):
    return case(name, table("openface", ["x", "AU01", "AU02", "only_new"], first=10.0))


def two_files(name):
    aus = table("aus", ["AU02", "AU01"], first=50.0, coverage=0.5)
    return case(name, aus, table("pose", ["x", "only_old"], first=80.0, coverage=0.9))


def test_columns_common_to_both_corpora_keep_their_own_values():
    new, old = with_common_table(
        [one_file("n"), two_files("o")], "both", ["openface", "aus", "pose"]
    )
    assert new.table("both").columns == old.table("both").columns == ("x", "AU01", "AU02")
    for one, source, column in (
        (new, "openface", "AU01"),
        (new, "openface", "x"),
        (old, "aus", "AU01"),
        (old, "aus", "AU02"),
        (old, "pose", "x"),
    ):
        np.testing.assert_array_equal(
            one.table("both").column(column), one.table(source).column(column)
        )


def test_a_row_is_covered_as_far_as_the_worst_of_its_files():
    _, old = with_common_table([one_file("n"), two_files("o")], "both", ["openface", "aus", "pose"])
    np.testing.assert_array_equal(old.table("both").coverage, 0.5)


def test_nothing_in_common_is_refused_and_names_the_setting():
    cases = [case("n", table("openface", ["a"])), case("o", table("aus", ["b"]))]
    with pytest.raises(SetupError, match=r"no column is common.*common_tables\.both"):
        with_common_table(cases, "both", ["openface", "aus"])


def test_a_recording_without_any_of_the_files_is_named():
    with pytest.raises(SetupError, match="recording o has none of openface"):
        with_common_table([one_file("n"), case("o", table("v", ["a"]))], "both", ["openface"])


def test_one_column_in_two_units_is_refused():
    cases = [one_file("n"), case("o", table("aus", ["x"], unit="mm"))]
    with pytest.raises(SetupError, match="recording o: x has another unit than in recording n"):
        with_common_table(cases, "both", ["openface", "aus"])


def test_tables_that_tell_the_corpus_are_left_out_and_the_rest_stand_in_one_order():
    one = case("n", table("voice", ["a"]), table("text", ["t"]), table("openface", ["c"]))
    other = case("o", table("text", ["t"]), table("voice", ["a"], first=9.0))
    (kept, also), dropped = with_same_tables([one, other])
    assert dropped == ("openface",)
    assert [t.name for t in kept.tables] == [t.name for t in also.tables] == ["voice", "text"]
    np.testing.assert_array_equal(also.table("voice").values, other.table("voice").values)
    assert with_same_tables([]) == ([], ())


def test_the_added_table_leaves_the_case_as_it_was():
    before = two_files("o")
    (after,) = with_common_table([before], "both", ["aus"])
    assert len(after.tables) == len(before.tables) + 1
    assert all(a is b for a, b in zip(after.tables, before.tables, strict=False))
    assert (after.recording_id, after.segments) == (before.recording_id, before.segments)
