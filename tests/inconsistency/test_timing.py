"""Voice and expression out of step: unusual delays stand out, usual ones do not."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from omegaconf import OmegaConf

from clinic.config import build
from clinic.inconsistency import AffectTracks, Cue, OutOfStep, PersonalBaseline
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

Floats = NDArray[np.float64]
FACE = Path(__file__).parents[2] / "conf" / "affect" / "face" / "action_units.yaml"
AUS = ("AU01", "AU02", "AU04", "AU05", "AU06", "AU09", "AU12", "AU15", "AU20")
EVERY_S = 8.0
EMPHASIS_S = 2.5


def utterances(n: int) -> list[Segment]:
    """Return n utterances of 5 s, 8 s apart."""
    return [
        Segment(index=i, start_s=EVERY_S * i, end_s=EVERY_S * i + 5.0, speaker=Role.PARTICIPANT,
                origin="utterance")
        for i in range(n)
    ]  # fmt: skip


def bumps(at_s: Floats, *, rate_hz: float, end_s: float, width_s: float = 0.25) -> Floats:
    """Return a course with a bump of height 1 at each of the given times."""
    time_s = (np.arange(int(end_s * rate_hz)) + 0.5) / rate_hz
    return np.exp(-0.5 * np.square((time_s[:, None] - at_s) / width_s)).sum(axis=1)


def table(name: str, modality: Modality, columns: dict[str, Floats], rate_hz: float,
          row_kind: str = "frame") -> FeatureTable:  # fmt: skip
    n = len(next(iter(columns.values())))
    spec = {"unit": "1", "source": "test", "group": "test", "meaning": "test"}
    values = np.column_stack(list(columns.values()))
    return FeatureTable(
        name=name,
        modality=modality,
        row_kind=row_kind,
        specs=tuple(FeatureSpec(name=c, minimum=-np.inf, maximum=np.inf, **spec) for c in columns),
        start_s=np.arange(n) / rate_hz,
        end_s=np.arange(1, n + 1) / rate_hz,
        values=values,
        coverage=np.isfinite(values).all(axis=1).astype(np.float64),
        stamp=Stamp(component="test", version="0", settings={}),
    )


def interview(delays_s: Floats, *, seen_s: float = np.inf) -> list[Extraction]:
    """Return voice and face: an emphasis in every utterance, an apex that much later."""
    n = len(delays_s)
    end_s = EVERY_S * n + 5.0
    random = np.random.default_rng(n)
    emphasis_s = EVERY_S * np.arange(n) + EMPHASIS_S
    pitch = 30.0 + 1.5 * random.normal(size=int(100 * end_s))
    pitch += 5.0 * bumps(emphasis_s, rate_hz=100.0, end_s=end_s)
    apex_s = (emphasis_s + delays_s)[np.isfinite(delays_s)]
    smile = 0.3 + 0.02 * random.normal(size=int(10 * end_s))
    smile += 1.5 * bumps(apex_s, rate_hz=10.0, end_s=end_s)
    smile[np.arange(len(smile)) / 10 >= seen_s] = np.nan
    frames = {au: smile if au == "AU12" else 0.0 * smile for au in AUS}
    nothing = {"x": np.zeros(1)}
    return [
        Extraction(
            segments=table("egemaps", Modality.VOICE, nothing, 1.0, "segment"),
            frames=table("egemaps_frames", Modality.VOICE, {"F0": pitch}, 100.0),
        ),
        Extraction(
            segments=table("face", Modality.FACE, nothing, 1.0, "segment"),
            frames=table("face", Modality.FACE, frames, 10.0),
        ),
    ]


@pytest.fixture(scope="module")
def signal() -> OutOfStep:
    baseline = PersonalBaseline(min_segments=8, limit_sd=5.0)
    tracks = AffectTracks(
        face=build(OmegaConf.load(FACE)),  # type: ignore[arg-type]
        voice_table="egemaps",
        voice_cues={"pitch": Cue(column="F0", weight=1.0, floor=0.5)},
        voiced="F0",
        min_cue_share=0.6,
        baseline=baseline,
    )
    return OutOfStep(
        tracks=tracks,
        voice="voice_arousal",
        face="face_arousal",
        step_s=0.1,
        smooth_s=0.3,
        reach_s=2.0,
        min_height_sd=1.0,
        face_floor=0.03,
        voice_floor=0.3,
        floor_s=0.2,
        baseline=baseline,
    )


def test_delays_are_those_that_were_planted(signal: OutOfStep) -> None:
    planted = np.array([0.0, 0.5, -0.7, 1.4, -1.4, 0.3, 0.9, 1.2])
    found = signal.delays_s(utterances(8), interview(planted))
    np.testing.assert_allclose(found, planted, atol=0.11)


def test_the_value_is_the_robust_distance_from_the_usual_delay(signal: OutOfStep) -> None:
    """Eleven delays about 0.4 s and one of 1.6 s: (1.6 - 0.4) / 0.2, the floor."""
    planted = np.full(12, 0.4)
    planted[7] = 1.4
    values = signal.values(utterances(12), interview(planted))
    assert values.shape == (12, 1)
    assert values[7, 0] == pytest.approx(5.0, abs=0.6)
    assert np.delete(values[:, 0], 7).max() <= 0.6


def test_someone_who_is_always_late_is_never_out_of_step(signal: OutOfStep) -> None:
    values = signal.values(utterances(12), interview(np.full(12, 1.3)))
    assert not (values > 1.0).any()


def test_no_utterance_stands_out_where_delays_are_all_over_the_place(signal: OutOfStep) -> None:
    """Even delays over the whole reach: |d - median| / (1.4826 MAD) stays under 1.4."""
    planted = np.random.default_rng(2).permutation(np.linspace(-1.6, 1.6, 17))
    values = signal.values(utterances(17), interview(planted))
    assert np.nanmax(values) < 1.5


def test_an_utterance_without_an_apex_has_no_value(signal: OutOfStep) -> None:
    planted = np.tile([0.2, 0.6, 1.0], 5)
    planted[4] = np.nan
    values = signal.values(utterances(15), interview(planted))
    assert np.flatnonzero(np.isnan(values[:, 0])).tolist() == [4]


def test_the_flank_of_an_apex_beyond_reach_is_no_apex(signal: OutOfStep) -> None:
    planted = np.tile([0.2, 0.6, 1.0], 5)
    planted[4] = 2.2
    assert np.isnan(signal.delays_s(utterances(15), interview(planted))[4])


def test_what_is_missing_is_said(signal: OutOfStep) -> None:
    planted = np.full(9, 0.4)
    few = interview(np.r_[planted[:5], np.full(4, np.nan)])
    assert np.isnan(signal.values(utterances(9), few)).all()
    assert signal.shortage(utterances(9), few) == (
        "too_little",
        "5 utterances with a clear vocal emphasis and a clear facial apex, 8 needed "
        "(min_segments).",
    )
    hidden = interview(planted, seen_s=15.0)
    assert signal.shortage(utterances(9), hidden)[0] == "withheld"
    bare = [Extraction(segments=e.segments) for e in interview(planted)]
    assert np.isnan(signal.values(utterances(9), bare)).all()
    assert signal.shortage(utterances(9), bare) == (
        "absent",
        "No frames of voice_arousal: frames of voice and face are needed.",
    )
