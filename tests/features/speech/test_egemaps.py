"""eGeMAPSv02: truth from formulas, and openSMILE's own Python class as second implementation."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clinic.errors import DataError, SetupError
from clinic.features.speech.egemaps import EGeMAPS
from clinic.features.speech.egemaps_columns import (
    descriptor_specs,
    functional_specs,
    needs_voice,
)
from clinic.features.speech.opensmile_engine import OpenSmileEngine
from clinic.records import FeatureTable, Recording, Role, Segment

RATE_HZ = 16000
PITCH = "F0semitoneFrom27.5Hz_sma3nz_percentile50.0"
LOUDNESS = "loudness_sma3_amean"
LEVEL = "equivalentSoundLevel_dBp"

MakeRecording = Callable[..., Recording]
MakeSegments = Callable[..., list[Segment]]


@pytest.fixture(scope="module")
def egemaps() -> EGeMAPS:
    return EGeMAPS(
        min_segment_s=0.3, min_voiced_share=0.1, descriptors=["all"], sampling_rate_hz=RATE_HZ
    )


@pytest.fixture(scope="module")
def library() -> Any:
    import opensmile

    return opensmile


def voice(f0_hz: float, duration_s: float, *, peak: float = 0.5) -> NDArray[np.float64]:
    """A steady voiced sound: harmonics falling by 1/k, up to 7 kHz."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    sound = sum(np.sin(2 * np.pi * f0_hz * k * t) / k for k in range(1, int(7000 / f0_hz)))
    return peak * sound / np.abs(sound).max()


def noise(duration_s: float, *, seed: int = 0, level: float = 0.05) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ)) * level


def test_columns_are_those_of_the_library(library: Any) -> None:
    for level, specs in (
        (library.FeatureLevel.Functionals, functional_specs()),
        (library.FeatureLevel.LowLevelDescriptors, descriptor_specs()),
    ):
        smile = library.Smile(library.FeatureSet.eGeMAPSv02, level)
        assert [spec.name for spec in specs] == smile.feature_names


def test_one_pass_equals_the_two_passes_of_the_library(library: Any) -> None:
    samples = np.concatenate([voice(140, 1), noise(0.5), voice(200, 1)]).astype(np.float32)
    measured = OpenSmileEngine(sampling_rate_hz=RATE_HZ).measure(samples)
    assert measured is not None
    for level, ours in (
        (library.FeatureLevel.Functionals, measured.functionals[:, None]),
        (library.FeatureLevel.LowLevelDescriptors, measured.descriptors.T),
    ):
        smile = library.Smile(library.FeatureSet.eGeMAPSv02, level)
        np.testing.assert_array_equal(ours, smile(samples, RATE_HZ)[0])


@pytest.mark.parametrize("f0_hz", [90.0, 130.0, 220.0, 300.0])
def test_pitch_is_the_semitone_of_the_formula(
    f0_hz: float, egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    table = egemaps.extract(recording_of(voice(f0_hz, 2)), segments_at((0, 2))).segments
    assert table.column(PITCH)[0] == pytest.approx(12 * math.log2(f0_hz / 27.5), abs=0.1)


def test_louder_speech_is_louder(
    egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate([voice(150, 1, peak=p) for p in (0.05, 0.1, 0.4)])
    table = egemaps.extract(recording_of(samples), segments_at((0, 1), (1, 2), (2, 3))).segments
    assert np.all(np.diff(table.column(LOUDNESS)) > 0)
    expected = [20 * math.log10(2), 20 * math.log10(4)]
    np.testing.assert_allclose(np.diff(table.column(LEVEL)), expected, atol=0.05)


@pytest.mark.parametrize("peak", [1.0, 1.1])
def test_full_scale_does_not_wrap_around(
    peak: float, egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    tables = [
        egemaps.extract(recording_of(voice(150, 1, peak=p)), segments_at((0, 1))).segments
        for p in (0.99 * peak / 1.1, peak)
    ]
    quiet, full = (table.column(LOUDNESS)[0] for table in tables)
    assert full == pytest.approx(quiet, rel=0.1)
    steps = tables[1].column(LEVEL) - tables[0].column(LEVEL)
    assert steps[0] == pytest.approx(20 * math.log10(1.1 / 0.99), abs=0.01)
    assert any("turned down" in note for note in tables[1].notes) == (peak > 1)


def test_silence_has_no_voice_and_no_spectrum(
    egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    table = egemaps.extract(recording_of(np.zeros(2 * RATE_HZ)), segments_at((0, 2))).segments
    voiced = [spec.name for spec in table.specs if needs_voice(spec.name)]
    # All but ten of the 56 zeros that openSMILE writes need voice; the ten need a spectrum.
    assert len(voiced) == 56
    for name in [*voiced, "mfcc1_sma3_amean", "spectralFlux_sma3_amean"]:
        assert np.isnan(table.column(name)[0]), name
    assert table.column("VoicedSegmentsPerSec")[0] == 0
    assert table.column(LOUDNESS)[0] < 0.01
    assert table.coverage[0] == 0
    assert "pitch and voice quality not observed" in table.notes[0]


def test_noise_has_a_spectrum_but_no_voice(
    egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    table = egemaps.extract(recording_of(noise(2)), segments_at((0, 2))).segments
    assert np.isnan(table.column(PITCH)[0])
    assert np.isnan(table.column("alphaRatioV_sma3nz_amean")[0])
    assert np.isfinite(table.column("alphaRatioUV_sma3nz_amean")[0])
    assert np.isfinite(table.column("mfcc1_sma3_amean")[0])


def test_pure_voice_has_no_unvoiced_columns(
    egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    table = egemaps.extract(recording_of(voice(150, 2)), segments_at((0, 2))).segments
    assert np.isnan(table.column("alphaRatioUV_sma3nz_amean")[0])
    assert table.coverage[0] == 1


def test_little_voice_is_not_enough(recording_of: MakeRecording, segments_at: MakeSegments) -> None:
    samples = np.concatenate([voice(150, 0.5), noise(2)])
    for share, is_seen in ((0.1, True), (0.5, False)):
        component = EGeMAPS(
            min_segment_s=0.3, min_voiced_share=share, descriptors=[], sampling_rate_hz=RATE_HZ
        )
        table = component.extract(recording_of(samples), segments_at((0, 2.5))).segments
        assert np.isfinite(table.column(PITCH)[0]) == is_seen


def test_short_segments_and_time_past_the_end_are_not_measured(
    egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    spans = segments_at((0, 0.2), (0.5, 1.0), (0.8, 1.6), (5, 6))
    table = egemaps.extract(recording_of(voice(150, 1.2)), spans).segments
    assert np.isnan(table.values[[0, 3]]).all()
    np.testing.assert_allclose(table.coverage, [0, 1, 0.5, 0], atol=0.01)
    assert "2 segments hold less than 0.3 s of sound" in table.notes[0]


def test_rows_keep_the_order_of_the_segments(
    egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate([voice(100, 1), voice(200, 1)])
    table = egemaps.extract(recording_of(samples), segments_at((1, 2), (0, 1))).segments
    assert table.column(PITCH)[0] - table.column(PITCH)[1] == pytest.approx(12, abs=0.2)


def test_only_the_participants_channel_is_heard(
    egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    both = np.column_stack([voice(220, 1), voice(110, 1)])
    recording = recording_of(both, roles=[Role.INTERVIEWER, Role.PARTICIPANT])
    table = egemaps.extract(recording, segments_at((0, 1))).segments
    assert table.column(PITCH)[0] == pytest.approx(24, abs=0.1)


def frame_table(component: EGeMAPS, recording: Recording, segments: list[Segment]) -> FeatureTable:
    frames = component.extract(recording, segments).frames
    assert frames is not None
    return frames


def test_frames_lie_on_the_recordings_clock(
    egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate([noise(1, level=1e-3), voice(150, 1), noise(1, level=1e-3)])
    frames = frame_table(egemaps, recording_of(samples), segments_at((0.5, 2.5)))
    assert frames.start_s[0] == 0.5
    np.testing.assert_allclose(np.diff(frames.start_s), 0.01)
    pitch = frames.column("F0semitoneFrom27.5Hz_sma3nz")
    voiced_s = frames.start_s[np.isfinite(pitch)]
    # 60 ms: openSMILE's pitch window reaches across the edges of the sound.
    assert voiced_s.min() == pytest.approx(1.0, abs=0.06)
    assert voiced_s.max() == pytest.approx(2.0, abs=0.06)
    assert np.nanmin(frames.column("F1amplitudeLogRelF0_sma3nz")) > -150


def test_chosen_descriptors_only(recording_of: MakeRecording, segments_at: MakeSegments) -> None:
    component = EGeMAPS(
        min_segment_s=0.3,
        min_voiced_share=0.1,
        descriptors=["Loudness_sma3"],
        sampling_rate_hz=RATE_HZ,
    )
    frames = frame_table(component, recording_of(voice(150, 1)), segments_at((0, 1)))
    assert frames.columns == ("Loudness_sma3",)


def test_no_segment_gives_empty_tables(egemaps: EGeMAPS, recording_of: MakeRecording) -> None:
    extraction = egemaps.extract(recording_of(noise(1)), [])
    assert extraction.segments.n_rows == 0
    assert extraction.frames is not None
    assert extraction.frames.n_rows == 0


def test_telephone_recording_is_said(
    egemaps: EGeMAPS, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    recording = recording_of(voice(150, 2), rate_hz=8000)
    notes = egemaps.extract(recording, segments_at((0, 2))).segments.notes
    assert any("8000 Hz" in note and "4 kHz" in note for note in notes)


def test_unknown_descriptor_is_refused() -> None:
    with pytest.raises(SetupError, match=r"'loud' is unknown.*\(descriptors\)"):
        EGeMAPS(
            min_segment_s=0.3, min_voiced_share=0.1, descriptors=["loud"], sampling_rate_hz=RATE_HZ
        )


def test_stamp_names_library_and_licence(egemaps: EGeMAPS) -> None:
    stamp = egemaps.stamp()
    assert stamp.version.startswith("opensmile ")
    assert "non-commercial" in stamp.licence
    assert stamp.settings["min_voiced_share"] == 0.1


def test_every_column_is_described(egemaps: EGeMAPS) -> None:
    specs = egemaps.specs()
    assert len({spec.meaning for spec in specs}) == len(specs) == 88
    groups = {spec.group for spec in specs}
    assert groups == {"pitch", "loudness", "spectrum", "voice quality", "resonance", "rhythm"}


def test_no_audio_is_said(egemaps: EGeMAPS, recording_of: MakeRecording) -> None:
    from dataclasses import replace

    class Film:
        frame_rate_hz, width_px, height_px, start_s, duration_s = 25.0, 8, 8, 0.0, 1.0

    silent = replace(recording_of(noise(1)), audio=None, video=Film())
    with pytest.raises(DataError, match="has no audio"):
        egemaps.extract(silent, [])
