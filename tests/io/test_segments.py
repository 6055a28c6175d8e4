"""The participant's time, cut without losing a word or borrowing a voice."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.errors import DataError
from clinic.io.limits import MediaLimits
from clinic.io.media import open_media
from clinic.io.segments import Segmenter
from clinic.records import Recording, Role, Transcript, Utterance, Word

P, Q = Role.PARTICIPANT, Role.INTERVIEWER


class Silence:
    """An audio track that is never listened to."""

    sampling_rate_hz, n_channels, start_s, duration_s = 16_000, 1, 0.0, 600.0


def recording_of(*turns: tuple[float, float, Role, str], words: bool = False) -> Recording:
    utterances = []
    for start_s, end_s, who, text in turns:
        tokens = text.split()
        step = (end_s - start_s) / max(len(tokens), 1)
        timed = tuple(
            Word(start_s=start_s + n * step, end_s=start_s + (n + 1) * step, text=token)
            for n, token in enumerate(tokens)
        )
        utterances.append(
            Utterance(
                start_s=start_s, end_s=end_s, speaker=who, text=text, words=timed if words else ()
            )
        )
    has_speakers = all(who is not Role.UNKNOWN for *_, who, _ in turns)
    transcript = Transcript(
        utterances=tuple(utterances), source_format="csv", has_speakers=has_speakers, sha256="0"
    )
    return Recording(
        recording_id="r", participant_id="p", sha256="0", duration_s=600.0,
        audio=Silence(), video=None, transcript=transcript,
    )  # fmt: skip


def spans(found: Any) -> list[tuple[float, float, str | None]]:
    return [(s.start_s, s.end_s, s.text) for s in found.segments]


def test_only_the_participant_has_segments(segmenter: Segmenter) -> None:
    found = segmenter.segments(recording_of((0, 3, Q, "how"), (4, 7, P, "fine"), (8, 9, Q, "ok")))
    assert spans(found) == [(4, 7, "fine")]
    assert {(s.speaker, s.origin) for s in found.segments} == {(P, "utterance")}
    assert found.notes == ()


def test_turns_in_a_row_are_joined_up_to_the_gap(segmenter: Segmenter) -> None:
    turns = [(0, 3, P, "a"), (3.9, 6, P, "b"), (7.1, 9, P, "c")]
    assert spans(segmenter.segments(recording_of(*turns))) == [(0, 6, "a b"), (7.1, 9, "c")]


def test_nothing_is_joined_across_another_speaker(segmenter: Segmenter) -> None:
    turns = [
        (0, 2, P, "a"),
        (2.1, 2.4, Q, "mhm"),
        (2.5, 2.9, P, "b"),
        (3, 3.4, Q, "so"),
        (3.5, 5, P, "c"),
    ]
    assert spans(segmenter.segments(recording_of(*turns))) == [
        (0, 2, "a"), (2.5, 2.9, "b"), (3.5, 5, "c"),
    ]  # fmt: skip


def test_short_turns_join_their_neighbour(segmenter: Segmenter) -> None:
    turns = [(0, 3, P, "a"), (5, 5.5, P, "yes"), (20, 24, P, "c")]
    assert spans(segmenter.segments(recording_of(*turns))) == [(0, 5.5, "a yes"), (20, 24, "c")]


def test_joining_stops_at_the_longest_segment(segmenter: Segmenter) -> None:
    turns = [(n * 4.0, n * 4 + 3.5, P, str(n)) for n in range(9)]
    found = segmenter.segments(recording_of(*turns))
    assert max(s.duration_s for s in found.segments) <= segmenter.max_segment_s
    assert " ".join(s.text or "" for s in found.segments).split() == [str(n) for n in range(9)]


def test_a_long_turn_is_cut_behind_a_sentence(segmenter: Segmenter) -> None:
    words = ["w"] * 40
    words[21] = "end."
    found = segmenter.segments(recording_of((0, 20, P, " ".join(words)), words=True))
    assert [len((s.text or "").split()) for s in found.segments] == [22, 18]
    assert found.segments[0].end_s == pytest.approx(11.0)


def test_a_long_turn_without_word_times_is_shared_out_and_said(segmenter: Segmenter) -> None:
    text = " ".join(f"word{n:02d}" for n in range(60))
    found = segmenter.segments(recording_of((0, 40, P, text)))
    assert [s.end_s for s in found.segments] == pytest.approx([40 / 3, 80 / 3, 40])
    assert [len((s.text or "").split()) for s in found.segments] == [20, 20, 20]
    assert "shared out by length" in found.notes[0]


def test_a_transcript_without_speakers_is_taken_whole_and_said(segmenter: Segmenter) -> None:
    turns = [(0, 3, Role.UNKNOWN, "how are you"), (5, 8, Role.UNKNOWN, "fine")]
    found = segmenter.segments(recording_of(*turns))
    assert len(found.segments) == 2
    assert {s.speaker for s in found.segments} == {Role.UNKNOWN}
    assert "does not tell speakers apart" in found.notes[0]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0.05, 5), st.floats(0.05, 50), st.booleans(),
            st.lists(st.sampled_from(["so", "well.", "I", "incomprehensible"]), max_size=30),
        ),
        min_size=1, max_size=12,
    ),
    st.booleans(),
)  # fmt: skip
def test_every_word_is_in_one_segment_and_in_order(
    segmenter: Segmenter, parts: list[Any], words: bool
) -> None:
    turns, clock_s = [], 0.0
    for gap_s, length_s, is_participant, tokens in parts:
        start_s = clock_s + gap_s
        clock_s = start_s + length_s
        turns.append((start_s, clock_s, P if is_participant else Q, " ".join(tokens)))
    found = segmenter.segments(recording_of(*turns, words=words)).segments
    said = [token for *_, who, text in turns if who is P for token in text.split()]
    assert " ".join(s.text or "" for s in found).split() == said
    assert [s.index for s in found] == list(range(len(found)))
    assert all(s.duration_s <= segmenter.max_segment_s + 1e-9 for s in found)
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(found))
    for segment in found:
        for start_s, end_s, who, _ in turns:
            if who is Q:
                assert segment.end_s <= start_s + 1e-9 or end_s <= segment.start_s + 1e-9


def bursts(times: list[tuple[float, float]], duration_s: float, noise_db: float) -> np.ndarray:
    """Modulated 200 Hz harmonics in stretches over white noise, 16 kHz."""
    random = np.random.default_rng(1)
    time_s = np.arange(round(duration_s * 16_000)) / 16_000
    voice = sum(np.sin(2 * np.pi * 200 * k * time_s) / k for k in range(1, 8))
    voice *= 0.15 * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time_s))
    gate = np.zeros_like(time_s)
    for start_s, end_s in times:
        gate[(time_s >= start_s) & (time_s < end_s)] = 1
    noise = random.normal(0, 10 ** (noise_db / 20), len(time_s))
    return (voice * gate + noise).astype(np.float32)[:, None]


@pytest.mark.parametrize("noise_db", [-80.0, -60.0, -45.0])
def test_voice_is_found_where_it_is(
    tmp_path: Path, maker: Any, limits: MediaLimits, segmenter: Segmenter, noise_db: float
) -> None:
    truth = [(2.0, 5.0), (8.0, 12.5), (20.0, 24.0), (33.0, 40.0)]
    path = maker.write(tmp_path / "x.wav", sound=bursts(truth, 45.0, noise_db), rate_hz=16_000)
    media = open_media(path, limits)
    recording = Recording(
        recording_id="r", participant_id="p", sha256="0", duration_s=media.duration_s,
        audio=media.audio, video=None,
    )  # fmt: skip
    found = segmenter.segments(recording)
    assert np.allclose([(s.start_s, s.end_s) for s in found.segments], truth, atol=0.05)
    assert {s.origin for s in found.segments} == {"voice"}
    assert {s.text for s in found.segments} == {None}
    assert "speakers are not told apart" in found.notes[0]


def test_voice_is_sought_on_the_participants_channel(
    tmp_path: Path, maker: Any, limits: MediaLimits, segmenter: Segmenter
) -> None:
    left, right = bursts([(1.0, 3.0)], 12.0, -70), bursts([(6.0, 9.0)], 12.0, -70)
    path = maker.write(tmp_path / "x.wav", sound=np.hstack([left, right]), rate_hz=16_000)
    media = open_media(path, limits)
    recording = Recording(
        recording_id="r", participant_id="p", sha256="0", duration_s=media.duration_s,
        audio=media.audio, video=None, channel_roles=(Q, P),
    )  # fmt: skip
    found = segmenter.segments(recording)
    assert np.allclose([(s.start_s, s.end_s) for s in found.segments], [(6.0, 9.0)], atol=0.05)
    assert {s.speaker for s in found.segments} == {P}


@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_silence_alone_is_nothing_to_measure(
    tmp_path: Path, maker: Any, limits: MediaLimits, segmenter: Segmenter, level: float
) -> None:
    noise = np.random.default_rng(2).normal(0, level, (160_000, 1)).astype(np.float32)
    media = open_media(maker.write(tmp_path / "x.wav", sound=noise, rate_hz=16_000), limits)
    recording = Recording(
        recording_id="r", participant_id="p", sha256="0", duration_s=media.duration_s,
        audio=media.audio, video=None,
    )  # fmt: skip
    with pytest.raises(DataError, match=r"no voice in 10\.0 s of sound"):
        segmenter.segments(recording)


def test_silent_video_is_cut_into_windows(
    tmp_path: Path, maker: Any, limits: MediaLimits, segmenter: Segmenter
) -> None:
    path = maker.write(tmp_path / "x.mp4", times_s=[n / 5 for n in range(170)])
    media = open_media(path, limits)
    recording = Recording(
        recording_id="r", participant_id="p", sha256="0", duration_s=media.duration_s,
        audio=None, video=media.video,
    )  # fmt: skip
    found = segmenter.segments(recording)
    assert [s.start_s for s in found.segments] == [0, 10, 20]
    assert found.segments[-1].end_s == pytest.approx(media.duration_s)
    assert {s.origin for s in found.segments} == {"window"}
    assert found.notes == ("no transcript and no sound: windows of 10 s",)
