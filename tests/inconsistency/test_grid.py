"""One clock for words, voice and face: cells, gaps and confidence."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from omegaconf import OmegaConf

from clinic.config import build
from clinic.errors import SetupError
from clinic.inconsistency import AffectGrid, AffectTracks, Cue, PersonalBaseline, Track
from clinic.inconsistency.time.grid_cells import pooled
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

Floats = NDArray[np.float64]
FACE = Path(__file__).parents[2] / "conf" / "affect" / "face" / "action_units.yaml"
AUS = ("AU01", "AU02", "AU04", "AU05", "AU06", "AU09", "AU12", "AU15", "AU20")
FLOORS = dict.fromkeys(
    ("text_valence", "voice_arousal", "face_valence", "face_arousal", "face_smile"), 1e-6
)


def table(
    name: str,
    modality: Modality,
    columns: dict[str, Floats],
    start_s: Floats,
    length_s: float,
    *,
    row_kind: str,
    coverage: Floats | None = None,
) -> FeatureTable:
    spec = {"unit": "1", "source": "test", "group": "test", "meaning": "test"}
    return FeatureTable(
        name=name,
        modality=modality,
        row_kind=row_kind,
        specs=tuple(FeatureSpec(name=c, minimum=-np.inf, maximum=np.inf, **spec) for c in columns),
        start_s=start_s,
        end_s=start_s + length_s,
        values=np.column_stack(list(columns.values())),
        coverage=np.ones(len(start_s)) if coverage is None else coverage,
        stamp=Stamp(component="test", version="0", settings={}),
    )


def utterances(n: int) -> list[Segment]:
    """Return n utterances of 4 s, 5 s apart."""
    return [
        Segment(index=i, start_s=5.0 * i, end_s=5.0 * i + 4.0, speaker=Role.PARTICIPANT,
                origin="utterance")
        for i in range(n)
    ]  # fmt: skip


def readings(modality: Modality, columns: dict[str, Floats], coverage: float = 1.0) -> FeatureTable:
    n = len(next(iter(columns.values())))
    return table(f"affect_{modality.value}", modality, columns, 5.0 * np.arange(n), 4.0,
                 row_kind="segment", coverage=np.full(n, coverage))  # fmt: skip


def face(smile: Floats, *, rate_hz: float = 10.0, confidence: float = 1.0) -> Extraction:
    """Return a face whose AU12 follows ``smile`` frame by frame."""
    time_s = np.arange(len(smile)) / rate_hz
    seen = np.isfinite(smile)
    still = np.where(seen, 0.0, np.nan)
    columns = {au: smile if au == "AU12" else still for au in AUS}
    columns["confidence"] = np.where(seen, confidence, np.nan)
    frames = table("face", Modality.FACE, columns, time_s, 1.0 / rate_hz, row_kind="frame",
                   coverage=seen.astype(np.float64))  # fmt: skip
    rows = table("face", Modality.FACE, {f"{au}_mean": np.zeros(1) for au in AUS},
                 np.zeros(1), 1.0, row_kind="segment")  # fmt: skip
    return Extraction(segments=rows, frames=frames)


def voice(pitch: Floats) -> Extraction:
    """Return a voice whose pitch frames (10 ms) are given, NaN where it does not sound."""
    time_s = 0.01 * np.arange(len(pitch))
    frames = table("egemaps_frames", Modality.VOICE, {"F0": pitch, "Loudness": np.ones(len(pitch))},
                   time_s, 0.01, row_kind="frame")  # fmt: skip
    rows = table("egemaps", Modality.VOICE, {"x": np.zeros(1)}, np.zeros(1), 1.0,
                 row_kind="segment")  # fmt: skip
    return Extraction(segments=rows, frames=frames)


@pytest.fixture(scope="module")
def tracks() -> AffectTracks:
    return AffectTracks(
        face=build(OmegaConf.load(FACE)),  # type: ignore[arg-type]
        voice_table="egemaps",
        voice_cues={"pitch": Cue(column="F0", weight=1.0, floor=0.5)},
        voiced="F0",
        min_cue_share=0.6,
        baseline=PersonalBaseline(min_segments=8, limit_sd=5.0),
    )


@pytest.fixture(scope="module")
def grid(tracks: AffectTracks) -> AffectGrid:
    baseline = PersonalBaseline(min_segments=8, limit_sd=5.0)
    return AffectGrid(tracks=tracks, baseline=baseline, step_s=1.0, min_share=0.2)


def ramp(name: str, values: Floats, step_s: float) -> Track:
    start_s = step_s * np.arange(len(values))
    return Track(name=name, start_s=start_s, end_s=start_s + step_s, values=values,
                 confidence=np.ones(len(values)), is_held=False)  # fmt: skip


@given(slope=st.floats(-5, 5), rate_hz=st.sampled_from([5.0, 10.0, 25.0, 100.0]))
def test_the_cells_of_a_line_are_its_values_at_their_middles(slope: float, rate_hz: float) -> None:
    n_cells = 12
    time_s = np.arange(int(n_cells * rate_hz)) / rate_hz
    line = slope * (time_s + 0.5 / rate_hz)
    cells = pooled(ramp("x", line, 1 / rate_hz), n_cells=n_cells, step_s=1.0, min_share=1.0)
    np.testing.assert_allclose(cells.values, slope * (np.arange(n_cells) + 0.5), atol=1e-9)
    np.testing.assert_allclose(cells.share, 1.0)


def test_an_utterance_counts_in_a_cell_by_the_time_they_share() -> None:
    """2.0 over [0.5, 2.25), 6.0 over [2.25, 3): the third cell is a quarter of the first."""
    track = Track(
        name="text_valence",
        start_s=np.array([0.5, 2.25]),
        end_s=np.array([2.25, 3.0]),
        values=np.array([2.0, 6.0]),
        confidence=np.array([1.0, 0.5]),
        is_held=True,
    )
    cells = pooled(track, n_cells=4, step_s=1.0, min_share=0.2)
    np.testing.assert_allclose(cells.values, [2.0, 2.0, 5.0, np.nan])
    np.testing.assert_allclose(cells.share, [0.5, 1.0, 1.0, 0.0])
    np.testing.assert_allclose(cells.confidence, [0.5, 1.0, 0.25 + 0.375, 0.0])


def test_gaps_stay_gaps(grid: AffectGrid) -> None:
    """A face away from 10 s to 20 s is not filled in, whatever stands on both sides."""
    time_s = np.arange(400) / 10
    smile = np.where((time_s >= 10) & (time_s < 20), np.nan, 0.5 + 0.5 * np.sin(time_s))
    cells = grid.table([], [face(smile)], {}, floors=FLOORS)
    expected = (np.arange(40) >= 10) & (np.arange(40) < 20)
    np.testing.assert_array_equal(np.isnan(cells.column("face_smile")), expected)
    np.testing.assert_array_equal(cells.column("face_confidence") == 0, expected)
    assert np.isnan(cells.column("voice_arousal")).all()
    assert np.isnan(cells.column("text_valence")).all()


def test_a_cell_with_too_few_frames_is_not_observed(grid: AffectGrid) -> None:
    smile = np.sin(np.arange(200) / 9.0)
    smile[50:59] = np.nan
    smile[70:78] = np.nan
    cells = grid.table([], [face(smile)], {}, floors=FLOORS)
    assert np.isnan(cells.column("face_smile")[5])
    assert np.isfinite(cells.column("face_smile")[7])
    assert cells.column("face_confidence")[7] == pytest.approx(0.2)


def test_all_modalities_stand_on_one_clock(grid: AffectGrid) -> None:
    """Words, voice and face all rise at 25 s of 50 s: each changes sign in the same cell."""
    late = np.arange(10) >= 5
    raw = {Modality.TEXT: readings(Modality.TEXT, {"valence": late + 0.01 * np.arange(10)})}
    wiggle = 0.1 * np.sin(np.arange(500))
    smile = (np.arange(500) >= 250) + wiggle
    pitch = 30.0 + 5.0 * (np.arange(5000) >= 2500) + np.repeat(wiggle, 10)
    cells = grid.table(utterances(10), [face(smile), voice(pitch)], raw, floors=FLOORS)
    assert cells.n_rows == 50
    np.testing.assert_array_equal(cells.start_s, np.arange(50.0))
    for name in ("text_valence", "voice_arousal", "face_smile"):
        column = cells.column(name)
        seen = np.isfinite(column)
        np.testing.assert_array_equal(column[seen] > 0, np.arange(50)[seen] >= 25)
    assert np.isnan(cells.column("text_valence")[4::5]).all()


def test_confidence_of_the_face_is_what_its_frames_say(grid: AffectGrid) -> None:
    smile = np.sin(np.arange(200) / 9.0)
    cells = grid.table([], [face(smile, confidence=0.7)], {}, floors=FLOORS)
    np.testing.assert_allclose(cells.column("face_confidence"), 0.7)


def test_confidence_of_the_voice_is_the_share_that_sounds(grid: AffectGrid) -> None:
    pitch = 30.0 + np.sin(np.arange(2000) / 70.0)
    pitch[np.arange(2000) % 2 == 0] = np.nan
    cells = grid.table([], [voice(pitch)], {}, floors=FLOORS)
    np.testing.assert_allclose(cells.column("voice_confidence"), 0.5)


def test_without_frames_utterances_are_held_and_a_note_says_so(grid: AffectGrid) -> None:
    raw = {Modality.FACE: readings(Modality.FACE, {"smile": np.arange(10.0)}, coverage=0.8)}
    cells = grid.table(utterances(10), [], raw, floors=FLOORS)
    assert cells.column("face_smile")[0] == cells.column("face_smile")[3]
    assert np.isnan(cells.column("face_smile")[4])
    np.testing.assert_allclose(cells.column("face_confidence")[:5], [0.8] * 4 + [0.0])
    assert cells.notes == ("Grid: no frames of the face, its utterances are held.",)


def test_a_withheld_face_is_not_on_the_grid(grid: AffectGrid) -> None:
    smile = np.where(np.arange(200) < 50, np.sin(np.arange(200) / 9.0), np.nan)
    cells = grid.table([], [face(smile)], {}, floors=FLOORS)
    assert np.isnan(cells.values[:, : cells.columns.index("text_confidence")]).all()


def test_a_missing_voice_column_is_a_wrong_setting(tracks: AffectTracks) -> None:
    renamed = table("egemaps_frames", Modality.VOICE, {"Loudness": np.ones(3)}, np.arange(3.0), 1.0,
                    row_kind="frame")  # fmt: skip
    with pytest.raises(SetupError, match="frames of egemaps have no column F0"):
        tracks.of([Extraction(segments=voice(np.ones(3)).segments, frames=renamed)])


def test_nothing_gives_an_empty_grid(grid: AffectGrid) -> None:
    assert grid.table([], [], {}, floors=FLOORS).n_rows == 0
