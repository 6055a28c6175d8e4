"""Pauses, rates and turns: silences and transcripts made to measure."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clinic.features.speech.floor_transfer import Turns
from clinic.features.speech.levels import FRAME_S, level_track
from clinic.features.speech.pausing import find_pauses
from clinic.features.speech.turn_taking import TurnTaking
from clinic.records import FeatureTable, Recording, Role, Segment, Transcript, Utterance

RATE_HZ = 16000
MakeRecording = Callable[..., Recording]
MakeSegments = Callable[..., list[Segment]]


def turn_taking(**changes: Any) -> TurnTaking:
    chosen: dict[str, Any] = {
        "silence_below_speech_db": 25.0,
        "min_pause_s": 0.25,
        "min_words": 3,
        "max_latency_s": 10.0,
        "syllable_languages": ["en"],
    }
    return TurnTaking(**(chosen | changes))


def speech(duration_s: float, amplitude: float = 0.3) -> NDArray[np.float64]:
    rng = np.random.default_rng(3)
    return rng.standard_normal(round(duration_s * RATE_HZ)) * amplitude


def silence(duration_s: float, amplitude: float = 1e-4) -> NDArray[np.float64]:
    return speech(duration_s, amplitude)


def asked(start_s: float, end_s: float) -> Utterance:
    return Utterance(start_s=start_s, end_s=end_s, speaker=Role.INTERVIEWER, text="and then")


def answered(start_s: float, end_s: float, text: str = "well it was fine") -> Utterance:
    return Utterance(start_s=start_s, end_s=end_s, speaker=Role.PARTICIPANT, text=text)


def segment(start_s: float, end_s: float) -> Segment:
    return Segment(
        index=0, start_s=start_s, end_s=end_s, speaker=Role.PARTICIPANT, origin="utterance"
    )


def value(table: FeatureTable, name: str) -> float:
    return float(table.column(name)[0])


def test_pauses_are_the_silences_that_were_made(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate(
        [silence(0.5), speech(2), silence(0.5), speech(1), silence(1.5), speech(1), silence(0.5)]
    )
    table = turn_taking().extract(recording_of(samples), segments_at((0, 7))).segments
    # 20 ms: levels are taken over 30 ms, so that speech reaches into its neighbours.
    assert value(table, "pause_mean_s") == pytest.approx(1.0, abs=0.03)
    assert value(table, "pause_longest_s") == pytest.approx(1.5, abs=0.03)
    assert value(table, "pause_share") == pytest.approx(2 / 6, abs=0.01)
    assert value(table, "pauses_per_min") == pytest.approx(20, abs=0.2)
    assert value(table, "speech_share") == pytest.approx(4 / 7, abs=0.02)


@pytest.mark.parametrize(("gap_s", "n"), [(0.20, 0), (0.30, 1)])
def test_short_silences_belong_to_articulation(
    gap_s: float, n: int, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate([speech(1), silence(gap_s), speech(1), silence(1)])
    table = turn_taking().extract(recording_of(samples), segments_at((0, 2 + gap_s))).segments
    assert value(table, "pauses_per_min") == pytest.approx(60 * n / (2 + gap_s), rel=0.01)
    assert np.isnan(value(table, "pause_mean_s")) == (n == 0)


@pytest.mark.parametrize("gain", [0.01, 1.0])
@pytest.mark.parametrize("offset", [0.0, 0.2])
def test_loudness_of_the_recording_and_offset_do_not_matter(
    gain: float, offset: float, recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = gain * np.concatenate([speech(1), silence(1), speech(1)]) + offset
    table = turn_taking().extract(recording_of(samples), segments_at((0, 3))).segments
    assert value(table, "pause_share") == pytest.approx(1 / 3, abs=0.02)


def test_loud_background_hides_pauses_and_is_said(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate([speech(1), silence(1, amplitude=0.1), speech(1)])
    table = turn_taking().extract(recording_of(samples), segments_at((0, 3))).segments
    assert np.isnan(value(table, "pause_share"))
    assert "background is never 25 dB below speech" in table.notes[0]
    assert value(table, "turn_length_s") == 3


def test_a_turn_without_sound_has_no_pauses(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate([speech(1), silence(2)])
    table = turn_taking().extract(recording_of(samples), segments_at((0, 1), (1.5, 3))).segments
    assert np.isnan(table.column("pause_share")[1])
    assert table.column("speech_share")[1] == 0


def test_digital_silence_is_said(recording_of: MakeRecording, segments_at: MakeSegments) -> None:
    table = turn_taking().extract(recording_of(np.zeros(RATE_HZ)), segments_at((0, 1))).segments
    assert np.isnan(value(table, "pause_share"))
    assert "no sound in any segment" in table.notes[0]


def test_rates_count_words_and_syllables(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    samples = np.concatenate([speech(1), silence(2), speech(1), silence(1)])
    text = "the little table was going home"  # 6 words, 9 syllables
    recording = recording_of(samples, utterances=[answered(0, 4, text)])
    table = turn_taking().extract(recording, segments_at((0, 4), texts=[text])).segments
    assert value(table, "words_per_s") == pytest.approx(6 / 4)
    assert value(table, "syllables_per_s") == pytest.approx(9 / 4)
    assert value(table, "articulation_per_s") == pytest.approx(9 / 2, rel=0.03)


def test_two_words_make_no_rate(recording_of: MakeRecording, segments_at: MakeSegments) -> None:
    recording = recording_of(speech(1), utterances=[answered(0, 1, "not really")])
    table = turn_taking().extract(recording, segments_at((0, 1), texts=["not really"])).segments
    assert np.isnan(value(table, "words_per_s"))


def test_other_languages_have_words_but_no_syllables(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    text = "ich war zu Hause"
    recording = recording_of(speech(2), utterances=[answered(0, 2, text)], language="de-DE")
    table = turn_taking().extract(recording, segments_at((0, 2), texts=[text])).segments
    assert value(table, "words_per_s") == pytest.approx(2)
    assert np.isnan(value(table, "syllables_per_s"))
    assert any("syllables: the language is de" in note for note in table.notes)


def test_without_a_transcript_turns_are_not_observed(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    table = turn_taking().extract(recording_of(speech(1)), segments_at((0, 1))).segments
    for name in ("words_per_s", "response_latency_s", "overlap_share"):
        assert np.isnan(value(table, name))
    assert any("no transcript" in note for note in table.notes)


def test_a_transcript_without_speakers_is_said(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    recording = recording_of(speech(1), utterances=[answered(0, 1)], has_speakers=False)
    table = turn_taking().extract(recording, segments_at((0, 1))).segments
    assert np.isnan(value(table, "overlap_share"))
    assert any("does not tell speakers apart" in note for note in table.notes)


def turns(*utterances: Utterance) -> Turns:
    said = tuple(sorted(utterances, key=lambda u: u.start_s))
    return Turns(Transcript(utterances=said, source_format="t", has_speakers=True, sha256=""))


def test_latency_is_the_gap_after_the_question() -> None:
    made = turns(asked(0, 2), answered(2.8, 5), answered(5.5, 7))
    assert made.response_latency_s(segment(2.8, 5)) == pytest.approx(0.8)
    assert np.isnan(made.response_latency_s(segment(5.5, 7))), "spoke last already"


def test_a_long_pause_between_own_turns_is_kept() -> None:
    made = turns(asked(0, 2), answered(3, 5), answered(8, 9), asked(9.5, 10), answered(11, 12))
    assert made.own_gap_s(segment(8, 9)) == pytest.approx(3)
    assert np.isnan(made.own_gap_s(segment(3, 5))), "first words"
    assert np.isnan(made.own_gap_s(segment(11, 12))), "asked in between"
    assert np.isnan(made.own_gap_s(segment(4, 5))), "the same utterance goes on"


def test_an_early_answer_has_negative_latency_and_overlaps() -> None:
    made = turns(asked(0, 2), answered(1.5, 3.5))
    early = segment(1.5, 3.5)
    assert made.response_latency_s(early) == pytest.approx(-0.5)
    assert made.overlap_share(early) == pytest.approx(0.25)
    assert made.starts_in_overlap(early)


def test_a_murmur_inside_the_question_is_no_answer() -> None:
    made = turns(asked(0, 4), answered(1, 1.4))
    murmur = segment(1, 1.4)
    assert np.isnan(made.response_latency_s(murmur))
    assert made.overlap_share(murmur) == 1


def test_overlapping_questions_count_once() -> None:
    made = turns(asked(0, 3), asked(1, 3), answered(2, 4))
    assert made.overlap_share(segment(2, 4)) == pytest.approx(0.5)


def test_nobody_asked() -> None:
    made = turns(answered(1, 2), asked(3, 4))
    assert np.isnan(made.response_latency_s(segment(1, 2)))
    assert not made.starts_in_overlap(segment(1, 2))


def test_a_long_gap_is_no_answer(recording_of: MakeRecording, segments_at: MakeSegments) -> None:
    recording = recording_of(speech(20), utterances=[asked(0, 1), answered(15, 18)])
    for limit_s, is_seen in ((10.0, False), (15.0, True)):
        component = turn_taking(max_latency_s=limit_s)
        table = component.extract(recording, segments_at((15, 18))).segments
        assert np.isfinite(value(table, "response_latency_s")) == is_seen


def test_coverage_is_the_share_with_sound(
    recording_of: MakeRecording, segments_at: MakeSegments
) -> None:
    recording = recording_of(speech(2), start_s=1.0)
    table = turn_taking().extract(recording, segments_at((0, 2), (2.5, 3.5), (8, 9))).segments
    np.testing.assert_allclose(table.coverage, [0.5, 0.5, 0])


def test_levels_of_a_sine_follow_the_formula(recording_of: MakeRecording) -> None:
    t = np.arange(RATE_HZ) / RATE_HZ
    track = level_track(recording_of(0.5 * np.sin(2 * np.pi * 100 * t), start_s=2.0))
    assert len(track.level_dbfs) == 100
    np.testing.assert_allclose(track.level_dbfs[2:-2], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.01)
    assert track.frames(2.3, 2.5) == slice(30, 50)


def test_levels_do_not_depend_on_block_borders(recording_of: MakeRecording) -> None:
    samples = speech(25.003)
    whole = level_track(recording_of(samples)).level_dbfs
    start = level_track(recording_of(samples[: 12 * RATE_HZ])).level_dbfs
    np.testing.assert_allclose(whole[: len(start) - 1], start[:-1], atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    runs=st.lists(st.tuples(st.integers(1, 80), st.integers(1, 80)), min_size=1, max_size=8),
    min_pause=st.integers(1, 40),
)
def test_pauses_of_any_pattern(runs: list[tuple[int, int]], min_pause: int) -> None:
    pattern: list[float] = []
    for n_speech, n_silent in runs:
        pattern += [-20.0] * n_speech + [-80.0] * n_silent
    found = find_pauses(np.array(pattern), silence_dbfs=-45.0, min_pause_s=min_pause * FRAME_S)
    expected = [n for _, n in runs[:-1] if n >= min_pause]
    np.testing.assert_allclose(found.lengths_s / FRAME_S, expected, atol=1e-6)
    n_span = sum(a + b for a, b in runs) - runs[-1][1]
    assert found.span_s == pytest.approx(n_span * FRAME_S)
    assert 0 <= found.total_s <= found.span_s
