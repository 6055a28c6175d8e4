"""Every record refuses nonsense when it is made, and gives what its properties promise."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.records import (
    Case,
    Condition,
    Contribution,
    Evidence,
    Explanation,
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    MomentContribution,
    RawEstimate,
    Recording,
    Role,
    Scale,
    ScreeningResult,
    Segment,
    SeverityEstimate,
    Stamp,
    Transcript,
    Utterance,
    Withheld,
    Word,
    package_version,
    stamp_of,
)

PHQ = Scale(
    condition=Condition.DEPRESSION,
    name="PHQ-8",
    minimum=0,
    maximum=24,
    band_names=["none", "mild", "moderate", "moderately severe", "severe"],
    band_starts=[0, 5, 10, 15, 20],
    cutoff=10,
    note="",
    source="",
)
RATING = Scale(
    condition=Condition.AMBIVALENCE,
    name="A/H",
    minimum=0,
    maximum=1,
    band_names=["not shown", "shown"],
    band_starts=[0, 1],
    cutoff=1,
    note="",
    source="",
)
STAMP = Stamp(component="c", version="v", settings={})


def estimate(**changes: Any) -> SeverityEstimate:
    values: dict[str, Any] = {
        "scale": PHQ,
        "probabilities": (0.1, 0.2, 0.4, 0.2, 0.1),
        "score": 12.0,
        "interval": (7.0, 17.0),
        "coverage": 0.9,
        "plausible_bands": (1, 2, 3),
    }
    return SeverityEstimate(**(values | changes))


def table(**changes: Any) -> FeatureTable:
    values: dict[str, Any] = {
        "name": "t",
        "modality": Modality.VOICE,
        "row_kind": "segment",
        "specs": (spec("a"), spec("b", minimum=0.0, maximum=1.0)),
        "start_s": np.array([0.0, 1.0, 2.0]),
        "end_s": np.array([1.0, 2.0, 3.0]),
        "values": np.array([[5.0, 0.0], [math.nan, 1.0], [-5.0, math.nan]]),
        "coverage": np.array([1.0, 0.5, 0.0]),
        "stamp": STAMP,
    }
    return FeatureTable(**(values | changes))


def spec(name: str, minimum: float = -math.inf, maximum: float = math.inf) -> FeatureSpec:
    return FeatureSpec(
        name=name, unit="1", minimum=minimum, maximum=maximum, source="", group="", meaning=""
    )


# -- scale ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"band_starts": [0, 5, 5, 15, 20]}, "rising"),
        ({"band_starts": [0, 5, 10, 15]}, "names"),
        ({"band_starts": [1, 5, 10, 15, 20]}, "span"),
        ({"band_starts": [0, 5, 10, 15, 25]}, "span"),
        ({"cutoff": 11}, "cut-off"),
        ({"condition": "sadness"}, "sadness"),
    ],
)
def test_a_scale_that_contradicts_itself_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(PHQ, **changes)


@given(score=st.floats(0, 24))
def test_a_score_lies_in_exactly_the_band_that_spans_it(score: float) -> None:
    ends = [5.0, 10.0, 15.0, 20.0, math.inf]
    inside = [
        low <= score < high for low, high in zip([0.0, 5.0, 10.0, 15.0, 20.0], ends, strict=True)
    ]
    assert inside.index(True) == PHQ.band_of(score)


@pytest.mark.parametrize("score", [-0.1, 24.1, math.nan])
def test_a_score_off_the_scale_has_no_band(score: float) -> None:
    with pytest.raises(ValueError, match="PHQ-8 score"):
        PHQ.band_of(score)


def test_a_rating_is_a_scale_of_yes_and_no() -> None:
    assert RATING.is_rating
    assert not PHQ.is_rating
    assert (PHQ.cutoff_band, RATING.cutoff_band) == (2, 1)


# -- estimates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"score": 18.0}, "outside"),
        ({"score": math.nan}, "score"),
        ({"interval": (17.0, 7.0)}, "outside"),
        ({"interval": (-1.0, 17.0)}, "needed"),
        ({"interval": (7.0, 24.5)}, "needed"),
        ({"interval": None}, "interval"),
        ({"score": None}, "interval"),
        ({"probabilities": (0.5, 0.5)}, "probabilities"),
        ({"probabilities": (0.1, 0.2, 0.4, 0.2, 0.2)}, "probabilities"),
        ({"probabilities": (-0.1, 0.4, 0.4, 0.2, 0.1)}, "probabilities"),
        ({"probabilities": (math.nan, 0.4, 0.4, 0.2, 0.0)}, "probabilities"),
        ({"plausible_bands": ()}, "run"),
        ({"plausible_bands": (1, 3)}, "run"),
        ({"plausible_bands": (3, 2)}, "run"),
        ({"plausible_bands": (4, 5)}, "off the scale"),
        ({"plausible_bands": (-1, 0)}, "off the scale"),
        ({"coverage": 1.0}, "coverage"),
        ({"coverage": 0.0}, "coverage"),
    ],
)
def test_an_estimate_that_contradicts_itself_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        estimate(**changes)


def test_the_cutoff_probability_is_that_of_all_bands_from_it() -> None:
    assert estimate().cutoff_probability == pytest.approx(0.4 + 0.2 + 0.1)
    assert estimate().most_probable_band == 2
    assert estimate().condition is Condition.DEPRESSION
    assert Withheld(scale=RATING, reason="x").condition is Condition.AMBIVALENCE


@pytest.mark.parametrize(
    ("log_probabilities", "score", "said"),
    [
        (np.log([0.5, 0.5]), 1.0, "probabilities"),
        (np.log([0.5, 0.5, 0.5, 0.5, 0.5]), 1.0, "sum"),
        (np.log([0.2] * 5), 25.0, "score"),
    ],
)
def test_a_raw_estimate_off_its_scale_is_refused(
    log_probabilities: np.ndarray[Any, Any], score: float, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        RawEstimate(scale=PHQ, log_probabilities=log_probabilities, score=score)


# -- explanation ---------------------------------------------------------------------------------


def contribution(modality: Modality, group: str, value: float) -> Contribution:
    return Contribution(modality=modality, group=group, feature="f", meaning="m", value=value)


def explanation(output: float, moment: float) -> Explanation:
    return Explanation(
        condition=Condition.DEPRESSION,
        output_name="o",
        unit="points",
        method="m",
        base=1.0,
        output=output,
        contributions=(
            contribution(Modality.VOICE, "pausing", 2.0),
            contribution(Modality.VOICE, "pitch", -0.5),
            contribution(Modality.TEXT, "pausing", 1.0),
        ),
        moment_base=1.0,
        moments=(MomentContribution(start_s=0.0, end_s=1.0, value=moment),),
        sentences=(),
    )


def test_shares_that_do_not_add_up_are_refused() -> None:
    explanation(3.5, 2.5)
    with pytest.raises(ValueError, match=r"add up to 3\.5"):
        explanation(3.6, 2.6)
    with pytest.raises(ValueError, match="add up"):
        explanation(3.5, 2.6)


def test_groups_and_modalities_add_up_to_the_output() -> None:
    told = explanation(3.5, 2.5)
    assert told.by_group() == {
        (Modality.VOICE, "pausing"): 2.0,
        (Modality.VOICE, "pitch"): -0.5,
        (Modality.TEXT, "pausing"): 1.0,
    }
    assert told.by_modality() == {Modality.VOICE: 1.5, Modality.TEXT: 1.0}
    assert told.base + sum(told.by_modality().values()) == pytest.approx(told.output)


# -- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"row_kind": "minute"}, "row kind"),
        ({"values": np.zeros((3, 1))}, "columns described"),
        ({"values": np.zeros((2, 2))}, "columns described"),
        ({"end_s": np.array([1.0])}, "do not match"),
        ({"coverage": np.array([1.0])}, "do not match"),
        ({"coverage": np.array([1.0, 1.1, 0.0])}, "coverage"),
        ({"coverage": np.array([1.0, math.nan, 0.0])}, "coverage"),
        ({"specs": (spec("a"), spec("a"))}, "repeats"),
        ({"values": np.array([[0.0, 2.0]] * 3)}, r"b = 2, \[0, 1\] allowed"),
        ({"values": np.array([[math.inf, 0.0]] * 3)}, "infinite"),
    ],
)
def test_a_table_that_contradicts_its_columns_is_refused(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        table(**changes)


def test_not_observed_is_in_every_range() -> None:
    assert table(values=np.full((3, 2), np.nan)).n_rows == 3


def test_a_column_is_found_by_name() -> None:
    np.testing.assert_array_equal(table().column("b"), [0.0, 1.0, math.nan])
    with pytest.raises(KeyError, match="no column c"):
        table().column("c")
    with pytest.raises(ValueError, match="allowed"):
        table().with_values(np.full((3, 2), 3.0))


def test_frames_are_no_segments() -> None:
    with pytest.raises(ValueError, match="frames"):
        Extraction(segments=table(row_kind="frame"))


# -- case and inconsistency ----------------------------------------------------------------------


def segment(index: int) -> Segment:
    return Segment(
        index=index,
        start_s=float(index),
        end_s=index + 1.0,
        speaker=Role.PARTICIPANT,
        origin="voice",
    )


def case(*tables: FeatureTable, n_segments: int = 3) -> Case:
    return Case(
        recording_id="r",
        participant_id="p",
        segments=tuple(map(segment, range(n_segments))),
        tables=tables,
    )


def test_a_case_has_one_table_of_a_name_and_a_row_per_segment() -> None:
    assert case(table()).table("t").name == "t"
    with pytest.raises(KeyError, match="no table u"):
        case(table()).table("u")
    with pytest.raises(ValueError, match="repeats"):
        case(table(), table())
    with pytest.raises(ValueError, match="2 segments"):
        case(table(), n_segments=2)
    with pytest.raises(ValueError, match="frame rows"):
        case(table(row_kind="frame"))


@pytest.mark.parametrize(("start_s", "end_s"), [(1.0, 1.0), (2.0, 1.0), (-1.0, 1.0)])
def test_evidence_runs_forward(start_s: float, end_s: float) -> None:
    with pytest.raises(ValueError, match="evidence from"):
        Evidence(
            start_s=start_s,
            end_s=end_s,
            kind="k",
            strength=1.0,
            surprise_bits=5.0,
            false_discovery_rate=0.1,
            readings=(),
            sentence="s",
        )


def test_evidence_lies_inside_the_recording(made_up_result: ScreeningResult) -> None:
    signals = made_up_result.inconsistency
    assert signals is not None
    with pytest.raises(ValueError, match="evidence ends"):
        replace(signals, duration_s=100.0)


# -- time, transcript and recording --------------------------------------------------------------


@pytest.mark.parametrize(("start_s", "end_s"), [(1.0, 1.0), (2.0, 1.0), (-0.1, 1.0)])
def test_a_stretch_of_time_runs_forward_from_zero(start_s: float, end_s: float) -> None:
    with pytest.raises(ValueError, match="start before end"):
        Word(start_s=start_s, end_s=end_s, text="x")
    with pytest.raises(ValueError, match="start before end"):
        Utterance(start_s=start_s, end_s=end_s, speaker=Role.UNKNOWN, text="x")
    with pytest.raises(ValueError, match="start before end"):
        replace(segment(0), start_s=start_s, end_s=end_s)


def utterance(start_s: float, speaker: Role = Role.PARTICIPANT) -> Utterance:
    return Utterance(start_s=start_s, end_s=start_s + 1.0, speaker=speaker, text="x")


def test_words_and_utterances_come_in_order() -> None:
    late = Word(start_s=0.5, end_s=0.6, text="b")
    early = Word(start_s=0.1, end_s=0.2, text="a")
    with pytest.raises(ValueError, match="words out of order"):
        replace(utterance(0.0), words=(late, early))
    with pytest.raises(ValueError, match="utterances out of order"):
        Transcript(
            utterances=(utterance(1.0), utterance(0.0)),
            source_format="srt",
            has_speakers=True,
            sha256="0",
        )


def test_the_participant_is_everyone_where_speakers_are_unknown() -> None:
    both = (utterance(0.0), utterance(2.0, Role.INTERVIEWER))
    told = Transcript(utterances=both, source_format="srt", has_speakers=True, sha256="0")
    assert told.participant_utterances == both[:1]
    assert replace(told, has_speakers=False).participant_utterances == both


class _Track:
    """Stands for a stream; nothing here reads it."""


def recording(**changes: Any) -> Recording:
    values: dict[str, Any] = {
        "recording_id": "r",
        "participant_id": "p",
        "sha256": "0",
        "duration_s": 1.0,
        "audio": _Track(),
        "video": None,
    }
    return Recording(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"recording_id": ""}, "recording id"),
        ({"participant_id": ""}, "participant id"),
        ({"audio": None}, "neither audio nor video"),
        ({"duration_s": 0.0}, "long"),
        ({"duration_s": math.nan}, "long"),
    ],
)
def test_a_recording_without_medium_or_name_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        recording(**changes)


def test_the_participant_channel_is_known_only_where_it_was_given() -> None:
    assert recording().participant_channel is None
    roles = (Role.INTERVIEWER, Role.PARTICIPANT)
    assert recording(channel_roles=roles).participant_channel == 1


# -- result and stamp ----------------------------------------------------------------------------


def test_a_result_without_time_zone_or_model_is_refused(made_up_result: ScreeningResult) -> None:
    with pytest.raises(ValueError, match="time zone"):
        replace(made_up_result, created_at=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="model"):
        replace(made_up_result, model=None)
    with pytest.raises(ValueError, match="twice"):
        replace(made_up_result, estimates=made_up_result.estimates[:1] * 2)


def test_a_result_finds_estimates_by_condition(
    make_made_up_result: Callable[..., ScreeningResult],
) -> None:
    result = make_made_up_result()
    assert isinstance(result.estimate(Condition.PTSD), Withheld)
    assert result.explanation(Condition.PTSD) is None
    assert result.explanation(Condition.DEPRESSION) is not None
    assert make_made_up_result(with_model=False).estimate(Condition.PTSD) is None


def test_a_stamp_is_read_off_the_fields_of_a_component() -> None:
    stamp = stamp_of(PHQ, weights_sha256="ab", licence="CC0-1.0")
    assert stamp.component == "clinic.records.scale.Scale"
    assert stamp.settings["cutoff"] == 10
    assert stamp.settings["band_starts"] == [0.0, 5.0, 10.0, 15.0, 20.0]
    assert stamp.digest == stamp_of(PHQ, weights_sha256="ab").digest
    assert stamp.digest != stamp_of(replace(PHQ, cutoff=15), weights_sha256="ab").digest
    assert stamp.digest != stamp_of(PHQ, weights_sha256="cd").digest
    assert package_version("no-such-distribution-here") == "no-such-distribution-here not installed"
