"""Signals, reaction lags and grid inside the component: handed on, named, and accounted for."""

import dataclasses

import numpy as np
import pytest

from clinic.config import build
from clinic.errors import SetupError
from clinic.inconsistency import cross_modal as module
from clinic.records import FeatureSpec, Modality, ReactionLag, Stamp

N = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Alternating:
    """A signal of two columns, the second never measured."""

    names: tuple[str, str] = ("alternating", "never")

    def specs(self):
        return tuple(
            FeatureSpec(
                name=name,
                unit="1",
                minimum=0.0,
                maximum=1.0,
                source="test",
                group="test",
                meaning="test",
            )
            for name in self.names
        )

    def stamp(self):
        return Stamp(component="t", version="1", settings={}, weights_sha256="f" * 64, licence="X")

    def values(self, segments, extractions):
        # Disagreements are among the tables that a signal may read.
        assert "inconsistency" in [e.segments.name for e in extractions]
        return np.column_stack([np.arange(len(segments)) % 2, np.full(len(segments), np.nan)])

    def shortage(self, segments, extractions):
        return "too_little", f"{len(segments)} segments, more needed"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LateFace:
    """Reaction lags that are known beforehand."""

    lag_s: float

    def estimate(self, extractions, segments, raw=None, *, floors=None):
        assert Modality.TEXT in raw
        return (
            ReactionLag(
                leader="voice_arousal",
                follower="face_smile",
                lag_s=self.lag_s,
                correlation=0.5,
                p_value=0.01,
            ),
        )

    def face_lag_s(self, lags):
        return lags[0].lag_s


@pytest.fixture
def tables(make):
    random = np.random.default_rng(1)
    return [
        make.extraction(m, Modality(m), {c: random.normal(size=N) for c in columns})
        for m, columns in (
            ("text", ("valence", "arousal")),
            ("voice", ("arousal",)),
            ("face", ("valence", "arousal", "smile")),
        )
    ]


def test_columns_of_a_signal_stand_beside_the_measures(plain, make, tables) -> None:
    component = dataclasses.replace(plain, signals={"mine": Alternating()})
    signals = component.measure(make.segments(N), tables, 5.0 * N)
    assert signals.segments.columns == tuple(s.name for s in component.specs())
    np.testing.assert_array_equal(signals.segments.column("alternating"), np.arange(N) % 2)
    assert signals.summary.column("alternating_mean")[0] == 0.5
    states = {s.signal: s for s in signals.states}
    assert states["alternating"].n_segments == N
    assert (states["never"].state, states["never"].reason) == (
        "too_little",
        f"{N} segments, more needed",
    )
    assert "f" * 64 in (component.stamp().weights_sha256 or "")
    assert "X" in component.stamp().licence
    assert not {"alternating", "never"} & set(signals.surprise.columns)


def test_two_columns_of_one_name_are_refused(plain) -> None:
    twice = {"one": Alternating(), "two": Alternating()}
    with pytest.raises(SetupError, match="two measures of one name"):
        dataclasses.replace(plain, signals=twice)


@pytest.mark.parametrize("lag_s", [0.0, 0.6])
def test_the_face_is_compared_that_much_later(plain, make, tables, monkeypatch, lag_s) -> None:
    asked = []

    def later(extractions, segments, *, lag_s):
        asked.append(lag_s)
        turned = {c: -extractions[2].segments.column(c) for c in extractions[2].segments.columns}
        return (*extractions[:2], make.extraction("face", Modality.FACE, turned))

    monkeypatch.setattr(module, "shifted", later)
    at_once = plain.measure(make.segments(N), tables, 5.0 * N)
    component = dataclasses.replace(plain, lags=LateFace(lag_s=lag_s))
    signals = component.measure(make.segments(N), tables, 5.0 * N)
    assert asked == ([] if lag_s == 0.0 else [lag_s])
    sign = 1.0 if lag_s == 0.0 else -1.0
    np.testing.assert_allclose(
        signals.affect.column("face_smile"), sign * at_once.affect.column("face_smile")
    )
    np.testing.assert_array_equal(
        signals.affect.column("voice_arousal"), at_once.affect.column("voice_arousal")
    )
    assert signals.lags[0].lag_s == lag_s


def test_an_unknown_modality_of_languages_is_refused(plain) -> None:
    with pytest.raises(SetupError, match="no modality"):
        dataclasses.replace(plain, languages={"words": ["en"]})


def test_the_grid_holds_no_track_whose_reading_was_not_measured(settings, make) -> None:
    """Five utterances of 15 s fill 75 cells, and are five observations all the same."""
    component = build(settings)
    n = 5
    varied = np.linspace(-1.0, 1.0, n)
    tables = [make.voice(varied), make.face(varied)]
    segments = tuple(
        dataclasses.replace(s, start_s=15.0 * s.index, end_s=15.0 * s.index + 14.0)
        for s in make.segments(n)
    )
    few = component.measure(segments, tables, 75.0)
    assert not any(s.n_segments for s in few.states if s.signal.startswith(("voice", "face")))
    assert np.isnan(few.grid.values[:, :7]).all()
    assert (few.grid.coverage == 0).all()
    varied = np.sin(np.arange(N))
    enough = component.measure(make.segments(N), [make.voice(varied), make.face(varied)], 5.0 * N)
    for name in ("voice_arousal", "face_valence"):
        assert np.isfinite(enough.grid.column(name)).any()
    assert np.isnan(enough.grid.column("text_valence")).all()
