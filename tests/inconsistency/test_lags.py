"""Reaction lags: planted ones are found, chance is paid for, the face is read later."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from omegaconf import OmegaConf
from scipy.stats import binom

from clinic.config import build
from clinic.errors import SetupError
from clinic.inconsistency import AffectTracks, Cue, PersonalBaseline, ReactionLags
from clinic.inconsistency.time.lags_correlation import (
    best_lag,
    circular_correlations,
    without_trend,
)
from clinic.inconsistency.time.lags_shift import shifted
from clinic.records import (
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    ReactionLag,
    Role,
    Segment,
    Stamp,
)

Floats = NDArray[np.float64]
FACE = Path(__file__).parents[2] / "conf" / "affect" / "face" / "action_units.yaml"
AUS = ("AU01", "AU02", "AU04", "AU05", "AU06", "AU09", "AU12", "AU15", "AU20")
STEPS = {"max_lag": 20, "min_joint": 100}


def smooth(random: np.random.Generator, n: int, *, memory: float = 0.9) -> Floats:
    """Return an autoregressive course of standard deviation 1."""
    noise = random.normal(size=n) * np.sqrt(1 - memory**2)
    course = np.empty(n)
    course[0] = random.normal()
    for i in range(1, n):
        course[i] = memory * course[i - 1] + noise[i]
    return course


def table(name: str, modality: Modality, columns: dict[str, Floats], start_s: Floats,
          length_s: float, row_kind: str) -> FeatureTable:  # fmt: skip
    spec = {"unit": "1", "source": "test", "group": "test", "meaning": "test"}
    values = np.column_stack(list(columns.values()))
    return FeatureTable(
        name=name,
        modality=modality,
        row_kind=row_kind,
        specs=tuple(FeatureSpec(name=c, minimum=-np.inf, maximum=np.inf, **spec) for c in columns),
        start_s=start_s,
        end_s=start_s + length_s,
        values=values,
        coverage=np.isfinite(values).all(axis=1).astype(np.float64),
        stamp=Stamp(component="test", version="0", settings={}),
    )


def utterances(duration_s: float) -> list[Segment]:
    return [
        Segment(index=i, start_s=5.0 * i, end_s=5.0 * i + 4.0, speaker=Role.PARTICIPANT,
                origin="utterance")
        for i in range(int(duration_s / 5))
    ]  # fmt: skip


def face(course: Floats) -> Extraction:
    """Return a face whose smile follows the course at 10 Hz, with a segment table of utterances."""
    time_s = np.arange(len(course)) / 10
    frames = {au: course if au == "AU12" else 0.0 * course for au in AUS}
    starts = np.array([s.start_s for s in utterances(len(course) / 10)])
    rows = [course[round(10 * s) : round(10 * s) + 40] for s in starts]
    means = {f"{au}_mean": np.array([np.mean(r) if au == "AU12" else 0.0 for r in rows])
             for au in AUS} | {"smile_share": np.full(len(rows), 0.25)}  # fmt: skip
    return Extraction(
        segments=table("face", Modality.FACE, means, starts, 4.0, "segment"),
        frames=table("face", Modality.FACE, frames, time_s, 0.1, "frame"),
    )


def voice(course: Floats) -> Extraction:
    """Return a voice whose pitch follows the course (10 Hz) in frames of 10 ms, while speaking."""
    time_s = np.arange(10 * len(course)) / 100
    pitch = 30.0 + 3.0 * np.repeat(course, 10)
    speaking = time_s % 5 < 4
    frames = table("egemaps_frames", Modality.VOICE, {"F0": pitch[speaking]}, time_s[speaking],
                   0.01, "frame")  # fmt: skip
    rows = table("egemaps", Modality.VOICE, {"x": np.zeros(1)}, np.zeros(1), 1.0, "segment")
    return Extraction(segments=rows, frames=frames)


@pytest.fixture(scope="module")
def lags() -> ReactionLags:
    tracks = AffectTracks(
        face=build(OmegaConf.load(FACE)),  # type: ignore[arg-type]
        voice_table="egemaps",
        voice_cues={"pitch": Cue(column="F0", weight=1.0, floor=0.5)},
        voiced="F0",
        min_cue_share=0.6,
        baseline=PersonalBaseline(min_segments=8, limit_sd=5.0),
    )
    return ReactionLags(
        tracks=tracks,
        pairs=[["voice_arousal", "face_smile"], ["voice_arousal", "face_arousal"]],
        step_s=0.1,
        max_lag_s=2.0,
        trend_s=20.0,
        min_joint_s=60.0,
        max_p=0.05,
    )


def test_correlations_at_every_shift_are_numpys_on_what_both_show() -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 60))
    first[10:22], second[30:35] = np.nan, np.nan
    found = circular_correlations(first, second, min_joint=3)
    for shift in (0, 1, 7, 59):
        moved = np.roll(second, -shift)
        seen = np.isfinite(first) & np.isfinite(moved)
        assert found[shift] == pytest.approx(np.corrcoef(first[seen], moved[seen])[0, 1], abs=1e-9)


def test_a_flat_track_correlates_with_nothing() -> None:
    course = np.random.default_rng(1).normal(size=500)
    assert np.isnan(circular_correlations(course, np.ones(500), min_joint=10)).all()
    assert best_lag(course, np.full(500, np.nan), **STEPS) is None


@pytest.mark.parametrize("lag", [-11, 0, 6, 15])
def test_a_planted_lag_is_found_in_noise(lag: int) -> None:
    """Half of the variance of each track is noise of its own."""
    random = np.random.default_rng(lag + 20)
    common = smooth(random, 3040)
    first = common[20:-20] + random.normal(size=3000)
    second = common[20 - lag : 3020 - lag] + random.normal(size=3000)
    peak = best_lag(first, second, **STEPS)
    assert peak is not None
    assert abs(peak.lag - lag) <= 1
    assert peak.p_value <= 0.01


@pytest.mark.parametrize("memory", [0.0, 0.9])
def test_one_in_twenty_unrelated_pairs_has_a_small_p_value(memory: float) -> None:
    """The search over 41 lags is paid for, also where tracks are smooth and have gaps."""
    random = np.random.default_rng(7)
    small = 0
    for _ in range(200):
        first, second = (smooth(random, 1500, memory=memory) for _ in range(2))
        first[(np.arange(1500) // 40) % 2 == 1] = np.nan
        peak = best_lag(first, second, **STEPS)
        assert peak is not None
        small += peak.p_value <= 0.05
    assert small <= binom.ppf(0.99, 200, 0.05)


def test_at_most_one_in_twenty_unrelated_interviews_has_a_supported_lag(lags: ReactionLags) -> None:
    random = np.random.default_rng(11)
    supported = 0
    for _ in range(200):
        courses = random.normal(size=(2, 1500))
        found = lags.estimate([voice(courses[0]), face(0.3 + 0.1 * courses[1])], utterances(150))
        supported += bool(np.isfinite(found[0].lag_s))
    assert supported / 200 <= 0.05


def test_two_drifts_are_no_reaction() -> None:
    """Both rise over ten minutes and share nothing else."""
    random = np.random.default_rng(3)
    supported = 0
    for _ in range(100):
        rise = np.linspace(-5, 5, 6000)
        first, second = (without_trend(rise + random.normal(size=6000), width=200)
                         for _ in range(2))  # fmt: skip
        peak = best_lag(first, second, **STEPS)
        assert peak is not None
        supported += peak.p_value <= 0.05
    assert supported <= binom.ppf(0.99, 100, 0.05)


def test_a_face_that_follows_the_voice_by_600_ms_is_found(lags: ReactionLags) -> None:
    random = np.random.default_rng(5)
    course = smooth(random, 3006)
    smile = 0.5 + 0.1 * (course[:3000] + random.normal(size=3000))
    found = lags.estimate([voice(course[6:]), face(smile)], utterances(300))
    assert [(lag.leader, lag.follower) for lag in found] == [
        ("voice_arousal", "face_smile"),
        ("voice_arousal", "face_arousal"),
    ]
    assert found[0].lag_s == pytest.approx(0.6)
    assert found[0].p_value < 0.01
    assert lags.face_lag_s(found) == pytest.approx(0.6)


def test_without_frames_there_are_no_lags(lags: ReactionLags) -> None:
    course = np.random.default_rng(6).normal(size=3000)
    bare = [Extraction(segments=e.segments) for e in (voice(course), face(course))]
    assert lags.estimate(bare, utterances(300)) == ()
    assert lags.face_lag_s(()) == 0.0


def test_under_a_minute_of_speech_gives_no_lag(lags: ReactionLags) -> None:
    course = np.random.default_rng(8).normal(size=700)
    assert lags.estimate([voice(course), face(course)], utterances(70)) == ()


def test_a_face_that_never_moves_lags_behind_nothing(lags: ReactionLags) -> None:
    course = smooth(np.random.default_rng(9), 3000)
    rounding = 1e-12 * np.random.default_rng(10).normal(size=3000)
    assert len(lags.estimate([voice(course), face(course)], utterances(300))) == 2
    for still in (np.full(3000, 0.4), 0.4 + rounding):
        assert lags.estimate([voice(course), face(still)], utterances(300)) == ()


@pytest.mark.parametrize(
    ("n_read", "spread", "n_lags"), [(60, 0.04, 0), (60, 0.5, 1), (8, 0.5, 1), (7, 0.5, 0)]
)
def test_words_that_are_flat_or_too_few_lead_nobody(
    lags: ReactionLags, n_read: int, spread: float, n_lags: int
) -> None:
    """Utterances of 15 s: seven of them fill the time needed, and are seven observations."""
    random = np.random.default_rng(12)
    starts = 15.0 * np.arange(60)
    valence = 3.0 + spread * random.uniform(-1, 1, size=60)
    valence[n_read:] = np.nan
    read = table("affect_text", Modality.TEXT, {"valence": valence}, starts, 14.0, "segment")
    course = smooth(random, 9000)
    words = replace(lags, pairs=[["text_valence", "face_smile"]])
    found = words.estimate(
        [face(course)],
        utterances(900),
        {Modality.TEXT: read},
        floors={Modality.TEXT: {"valence": 0.05}},
    )
    assert len(found) == n_lags


def test_of_two_pairs_asked_one_is_acted_on_only_at_half_the_p_value(lags: ReactionLags) -> None:
    def lag(p_value: float, lag_s: float) -> ReactionLag:
        return ReactionLag(leader="voice_arousal", follower="face_smile", lag_s=lag_s,
                           correlation=0.2, p_value=p_value)  # fmt: skip

    assert lags.face_lag_s((lag(0.03, 0.5), lag(0.6, float("nan")))) == 0.0
    assert lags.face_lag_s((lag(0.02, 0.5), lag(0.6, float("nan")))) == 0.5
    assert lags.face_lag_s((lag(0.02, 0.5), lag(0.001, 0.8))) == 0.8


def test_a_pair_needs_a_leader_and_a_follower(lags: ReactionLags) -> None:
    with pytest.raises(SetupError, match="a leader and a follower needed"):
        ReactionLags(
            tracks=lags.tracks, pairs=[["voice_arousal"]], step_s=0.1, max_lag_s=2.0,
            trend_s=20.0, min_joint_s=60.0, max_p=0.05,
        )  # fmt: skip


def test_the_face_is_pooled_over_the_moved_stretch() -> None:
    """On a line of 1 a second a lag of 0.6 s adds 0.6, and the rows keep their times."""
    line = np.arange(1000) / 10
    before = face(line)
    (after,) = shifted([before], utterances(100), lag_s=0.6)
    raised = after.segments.column("AU12_mean") - before.segments.column("AU12_mean")
    np.testing.assert_allclose(raised[:-1], 0.6)
    np.testing.assert_array_equal(after.segments.start_s, before.segments.start_s)
    np.testing.assert_array_equal(
        after.segments.column("smile_share"), before.segments.column("smile_share")
    )
    assert shifted([before], utterances(100), lag_s=0.0) == (before,)


def test_a_moved_stretch_without_face_is_not_observed() -> None:
    course = np.arange(1000) / 10
    course[46:] = np.nan
    (after,) = shifted([face(course)], utterances(100), lag_s=2.0)
    assert after.segments.column("AU12_mean")[0] == pytest.approx(np.mean(np.arange(20, 46)) / 10)
    assert after.segments.coverage[0] == pytest.approx(26 / 40)
    assert np.isnan(after.segments.column("AU12_mean")[1:]).all()
    assert (after.segments.coverage[1:] == 0).all()
