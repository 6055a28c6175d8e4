"""Items and votes in the label table: read, checked against their scale, never an attribute."""

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from clinic.config import build_list, conf_folder
from clinic.errors import SetupError
from clinic.io.references import read_references
from clinic.records import Condition, Reference, Scale

PHQ = [f"depression_item_{i}" for i in range(1, 9)]
PCL = [f"ptsd_item_{i}" for i in range(1, 18)]
IDS = "recording_id,participant_id"


@pytest.fixture(scope="module")
def scales() -> tuple[Scale, ...]:
    return build_list(OmegaConf.load(conf_folder() / "scales" / "default.yaml"))


def read(folder: Path, scales: tuple[Scale, ...], header: str, *lines: str) -> list[Reference]:
    rows = [f"{IDS},{header}", *(f"r-{i},p-{i},{line}" for i, line in enumerate(lines))]
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return read_references(folder / "labels.csv", scales=scales)


def test_items_are_read_in_the_order_of_the_form(tmp_path, scales):
    names = [PHQ[i] for i in (3, 0, 7, 1, 2, 4, 5, 6)]
    header = ",".join(["sex", *names, "depression"])
    (found,) = read(tmp_path, scales, header, "female,3,0,1,1,2,0,1,2,10")
    assert found.items == {Condition.DEPRESSION: (0, 1, 2, 3, 0, 1, 2, 1)}
    assert found.scores == {Condition.DEPRESSION: 10}
    assert found.attributes == {"sex": "female"}
    assert found.votes == {}


def test_a_blank_total_is_the_sum_of_all_items(tmp_path, scales):
    header = ",".join(["depression", *PHQ, "ptsd", *PCL])
    (found,) = read(tmp_path, scales, header, ",1,2,3,0,1,2,3,0,," + ",".join("12345123451234512"))
    assert found.scores == {
        Condition.DEPRESSION: 12,
        Condition.PTSD: sum(map(int, "12345123451234512")),
    }


def test_a_blank_item_is_unknown_and_so_is_the_sum(tmp_path, scales):
    one, none = read(
        tmp_path, scales, ",".join(["depression", *PHQ]), ",1,2,3,,1,2,3,0", "," + "," * 7
    )
    answers = one.items[Condition.DEPRESSION]
    assert [math.isnan(answer) for answer in answers] == [False] * 3 + [True] + [False] * 4
    assert one.scores == {}
    assert none.items == {}


def test_a_total_beside_blank_items_stays_as_given_where_it_can_be(tmp_path, scales):
    header = ",".join(["depression", *PHQ])
    (found,) = read(tmp_path, scales, header, "14,1,2,3,,1,2,3,0")
    assert found.scores == {Condition.DEPRESSION: 14}
    with pytest.raises(SetupError, match="line 2: depression is 16, its items sum to 12 to 15"):
        read(tmp_path, scales, header, "16,1,2,3,,1,2,3,0")


def test_a_total_that_is_not_the_sum_stops_the_run_and_names_both(tmp_path, scales):
    with pytest.raises(SetupError, match=r"line 3: depression is 11, its items sum to 12: correct"):
        read(
            tmp_path,
            scales,
            ",".join(["depression", *PHQ]),
            "12,1,2,3,0,1,2,3,0",
            "11,1,2,3,0,1,2,3,0",
        )


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("4", "depression_item_3 is 4, a whole number from 0 to 3 needed"),
        ("-1", "depression_item_3 is -1"),
        ("1.5", r"depression_item_3 is 1\.5"),
        ("often", "depression_item_3 is no number"),
        ("nan", "depression_item_3 is no number"),
        ("inf", "depression_item_3 is no number"),
    ],
)
def test_an_answer_that_the_item_does_not_allow_stops_the_run(tmp_path, scales, cell, words):
    with pytest.raises(SetupError, match=f"labels line 3: {words}"):
        read(tmp_path, scales, ",".join(PHQ), "0,0,0,0,0,0,0,0", f"0,0,{cell},0,0,0,0,0")


def test_an_answer_of_zero_to_an_item_from_one_up_stops_the_run(tmp_path, scales):
    """PCL-C answers start at 1: a zero is another form's, or a blank that was filled."""
    with pytest.raises(SetupError, match=r"ptsd_item_17 is 0, .* from 1 to 5 needed \(PCL-C"):
        read(tmp_path, scales, ",".join(PCL), ",".join("1" * 16 + "0"))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([*PHQ, "depression_item_9"], "depression_item_9 does not fit, PHQ-8 has 8 items"),
        ([*PHQ[:7], "depression_item_08"], "depression_item_08 does not fit"),
        (["depression_item_0", *PHQ], "depression_item_0 does not fit"),
        (PHQ[:7], "depression_item_8 is missing, PHQ-8 has 8 items"),
        (["ambivalence_item_1"], "A/H has 0 items"),
        (["ambivalence_votes_1"], "ambivalence_votes_0 is missing, A/H has 2 bands"),
        ([f"ambivalence_votes_{i}" for i in range(3)], "ambivalence_votes_2 does not fit"),
    ],
)
def test_columns_that_are_not_one_per_item_or_band_stop_the_run(tmp_path, scales, columns, words):
    with pytest.raises(SetupError, match=words):
        read(tmp_path, scales, ",".join(columns), ",".join("1" for _ in columns))


def test_items_without_their_scale_stop_the_run(tmp_path):
    with pytest.raises(SetupError, match=r"depression_item_1 needs the scale of depression"):
        read(tmp_path, (), ",".join(PHQ), "0,0,0,0,0,0,0,0")
    assert read(tmp_path, (), "depression", "4")[0].items == {}


def test_votes_are_counts_per_band(tmp_path, scales):
    header = (
        "ambivalence,ambivalence_votes_1,ambivalence_votes_0,ptsd_votes_0,ptsd_votes_1,ptsd_votes_2"
    )
    first, second, third = read(tmp_path, scales, header, "1,3,1,0,2,1", ",2,2,,,", ",0,0,,,")
    assert first.votes == {Condition.AMBIVALENCE: (1, 3), Condition.PTSD: (0, 2, 1)}
    assert first.attributes == {}
    # Two against two are votes, and no score is made up from them.
    assert second.votes == {Condition.AMBIVALENCE: (2, 2)}
    assert second.scores == {}
    assert third.votes == {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("3,", "ambivalence_votes_1 is blank beside other votes"),
        ("3,-1", "ambivalence_votes_1 is -1, a number of raters needed"),
        ("0.5,1", r"ambivalence_votes_0 is 0\.5, a number of raters needed"),
        ("three,1", "ambivalence_votes_0 is no number"),
    ],
)
def test_votes_that_cannot_be_counted_stop_the_run(tmp_path, scales, line, words):
    with pytest.raises(SetupError, match=f"labels line 2: {words}"):
        read(tmp_path, scales, "ambivalence_votes_0,ambivalence_votes_1", line)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answers=st.lists(st.none() | st.integers(1, 5), min_size=17, max_size=17))
def test_what_was_written_is_what_is_read(tmp_path, scales, answers):
    cells = ["" if answer is None else str(answer) for answer in answers]
    (found,) = read(tmp_path, scales, ",".join(PCL), ",".join(cells))
    if all(answer is None for answer in answers):
        assert found.items == found.scores == {}
        return
    read_back = [None if math.isnan(a) else int(a) for a in found.items[Condition.PTSD]]
    assert read_back == answers
    known = None not in answers
    assert found.scores == ({Condition.PTSD: sum(answers)} if known else {})
