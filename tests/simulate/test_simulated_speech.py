"""Speech: what is set can be measured in the sound, and the sound lies where the turns say.

Level, rate and F0 are measured here by short formulas of our own, not by the project's features.
"""

import hashlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise
from multiprocessing import get_context

import numpy as np
import pytest

from clinic.records import Role
from clinic.simulate.script import Answer, Turn
from clinic.simulate.soundtrack import PEAK, speak_script
from clinic.simulate.voice import Prosody, synthesiser

TEXT = "The street is loud, so I close the window. Mornings are slower than evenings."
PLAIN = Prosody(variant="en-us+m3", rate_wpm=172, pitch=48, pitch_range=45, level_dbfs=-28)


def spoken(**changes):
    return synthesiser().speak(TEXT, replace(PLAIN, **changes)).samples.astype(float)


def rms_dbfs(samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=float))))


def active_dbfs(samples, rate_hz) -> float:
    """Level of the frames of 25 ms within 20 dB of the loudest."""
    n = rate_hz // 40
    frames = samples[: len(samples) // n * n].reshape(-1, n)
    energy = np.mean(np.square(frames, dtype=float), axis=1)
    return float(10 * np.log10(energy[energy > 0.01 * energy.max()].mean()))


def f0_hz(samples, rate_hz):
    """F0 of the voiced frames by the highest peak of the autocorrelation in 60 to 420 Hz."""
    n, found = rate_hz // 25, []
    shortest, longest = rate_hz // 420, rate_hz // 60
    for start in range(0, len(samples) - n, rate_hz // 100):
        frame = samples[start : start + n] - samples[start : start + n].mean()
        if np.mean(frame**2) < 0.1 * np.mean(samples**2):
            continue
        peaks = np.correlate(frame, frame, "full")[n - 1 :] / (frame @ frame)
        lag = shortest + int(peaks[shortest:longest].argmax())
        if peaks[lag] > 0.5:
            found.append(rate_hz / lag)
    return np.array(found)


def spread_semitones(f0) -> float:
    """Half the distance of the 16th and 84th percentile: a few octave errors do not count."""
    low, high = np.percentile(f0, [16, 84])
    return float(6 * np.log2(high / low))


# --- one stretch ----------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["en-us+m3", "en-us+f2", "en-us+f5"])
@pytest.mark.parametrize("level_dbfs", [-36.0, -24.0])
def test_the_set_level_is_in_the_sound(variant, level_dbfs):
    sound = spoken(variant=variant, level_dbfs=level_dbfs)
    assert active_dbfs(sound, synthesiser().sampling_rate_hz) == pytest.approx(level_dbfs, abs=0.5)


def test_the_set_rate_is_in_the_sound():
    slow, middle, fast = (len(spoken(rate_wpm=rate)) for rate in (120, 172, 225))
    assert slow / middle == pytest.approx(172 / 120, rel=0.12)
    assert middle / fast == pytest.approx(225 / 172, rel=0.12)


@pytest.mark.parametrize("variant", ["en-us+m3", "en-us+f2"])
def test_the_set_pitch_is_in_the_sound(variant):
    rate_hz = synthesiser().sampling_rate_hz
    low, middle, high = (
        np.median(f0_hz(spoken(variant=variant, pitch=pitch), rate_hz)) for pitch in (30, 48, 66)
    )
    assert 12 * np.log2(middle / low) > 1.5
    assert 12 * np.log2(high / middle) > 1.5


def test_womens_voices_are_higher_than_mens(simulator):
    rate_hz = synthesiser().sampling_rate_hz
    medians = {
        sex: [np.median(f0_hz(spoken(variant=v), rate_hz)) for v in voices]
        for sex, voices in simulator.voices.items()
    }
    assert min(medians["female"]) > max(medians["male"])


def test_the_set_range_is_in_the_sound():
    rate_hz = synthesiser().sampling_rate_hz
    flat, lively = (f0_hz(spoken(pitch_range=r), rate_hz) for r in (8, 85))
    assert spread_semitones(flat) < 1.0 < 2.0 < spread_semitones(lively)


def test_a_gap_between_words_lengthens_speech_by_that_gap():
    n_gaps = len(TEXT.split()) - 1
    rate_hz = synthesiser().sampling_rate_hz
    longer_s = (len(spoken(word_gap_s=0.1)) - len(spoken())) / rate_hz
    assert 0.5 * 0.1 * n_gaps < longer_s < 1.5 * 0.1 * n_gaps


def test_arousal_changes_prosody_by_the_conf_numbers(simulator, crowd):
    speaking, person = simulator.speaking, crowd[0]
    calm, aroused = speaking.prosody(person, 0.0), speaking.prosody(person, 1.0)
    assert aroused.rate_wpm / calm.rate_wpm == pytest.approx(1 + speaking.rate_per_arousal)
    assert aroused.pitch - calm.pitch == pytest.approx(speaking.pitch_per_arousal)
    assert aroused.pitch_range - calm.pitch_range == pytest.approx(speaking.range_per_arousal)
    assert aroused.level_dbfs - calm.level_dbfs == pytest.approx(speaking.level_per_arousal_db)
    assert calm.rate_wpm == pytest.approx(person.traits["rate_wpm"])
    assert calm.level_dbfs == pytest.approx(person.traits["level_dbfs"])


def test_four_steps_of_pitch_are_about_seven_tenths_of_a_semitone():
    """As conf/simulate/speaking/default.yaml says of ``pitch_per_arousal``."""
    rate_hz = synthesiser().sampling_rate_hz
    low, high = (np.median(f0_hz(spoken(pitch=pitch), rate_hz)) for pitch in (40, 56))
    assert 12 * np.log2(high / low) / 4 == pytest.approx(0.7, abs=0.25)


def test_the_same_person_sounds_the_same_when_spoken_again(tiny):
    person = tiny().participant(2)
    (first, _), (second, _) = tiny().perform(person), tiny().perform(person)
    np.testing.assert_array_equal(first.samples, second.samples)


def digest_of(simulator, index):
    sound, _ = simulator.perform(simulator.participant(index))
    return hashlib.sha256(sound.samples.tobytes()).hexdigest()


def test_the_sound_does_not_hang_on_who_spoke_before_or_in_which_process(tiny):
    simulator = tiny()
    forwards = {k: digest_of(simulator, k) for k in (1, 2, 3)}
    backwards = {k: digest_of(simulator, k) for k in (3, 2, 1)}
    assert forwards == backwards
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(digest_of, simulator, 3).result() == forwards[3]


def test_the_seed_is_in_the_noise_of_the_voice():
    """Of a breathy variant: the others draw no noise in these words."""
    breathy = replace(PLAIN, variant="en-us+f5")
    one, same, other = (synthesiser(s).speak(TEXT, breathy).samples for s in (1, 1, 99991))
    np.testing.assert_array_equal(one, same)
    assert len(one) != len(other) or (one != other).any()


# --- an interview ---------------------------------------------------------------------------------


def answer(*chunks, **changes):
    values = {"words_valence": 0.0, "voice_arousal": 0.0, "face_valence": 0.0, **changes}
    return Answer(chunks=chunks, **values)


def script_of(*answers):
    return [Turn(topic="home", prompt="Tell me about your home.", answer=a) for a in answers]


def spoken_script(simulator, person, script, **changes):
    speaking = replace(simulator.speaking, **changes)
    return speak_script(person, script, speaking, np.random.default_rng(5))


@pytest.fixture(scope="module")
def interview(simulator, crowd):
    """Two answers, the first of two chunks, by espeak."""
    script = script_of(
        answer("We moved there four years ago.", "The flat is cold."),
        answer("It is a small town.", voice_arousal=1.5),
    )
    return spoken_script(simulator, crowd[0], script)


def own_channel(turn) -> int:
    return 0 if turn.speaker is Role.PARTICIPANT else 1


def inside(sound, spans, margin_s=0.0):
    """Mask of the samples within spans widened by a margin."""
    time_s = np.arange(len(sound.samples)) / sound.sampling_rate_hz
    mask = np.zeros(len(time_s), dtype=bool)
    for start_s, end_s in spans:
        mask |= (time_s >= start_s - margin_s) & (time_s < end_s + margin_s)
    return mask


def test_turns_alternate_and_never_overlap(interview):
    turns = interview.turns
    assert [own_channel(t) for t in turns] == [1, 0, 1, 0]
    spans = [span for turn in turns for span in turn.chunks_s]
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert spans[-1][1] <= interview.duration_s
    for turn in turns:
        assert (turn.start_s, turn.end_s) == (turn.chunks_s[0][0], turn.chunks_s[-1][1])


def test_each_speaker_is_on_the_own_channel_and_silence_is_the_room(interview, simulator):
    room_dbfs = simulator.speaking.noise_dbfs + interview.gain_db
    for channel in (0, 1):
        spans = [s for t in interview.turns if own_channel(t) == channel for s in t.chunks_s]
        voice = inside(interview, spans)
        assert rms_dbfs(interview.samples[voice, channel]) > room_dbfs + 20
        assert rms_dbfs(interview.samples[~voice, channel]) == pytest.approx(room_dbfs, abs=0.2)


def test_every_stretch_begins_and_ends_with_its_sound(interview, simulator):
    rate_hz = interview.sampling_rate_hz
    loud = 8 * 10 ** (simulator.speaking.noise_dbfs / 20)
    for turn in interview.turns:
        voice = np.abs(interview.samples[:, own_channel(turn)]) > loud
        for start_s, end_s in turn.chunks_s:
            heard = np.flatnonzero(voice[round(start_s * rate_hz) : round(end_s * rate_hz)])
            assert heard[0] / rate_hz < 0.04
            assert end_s - start_s - heard[-1] / rate_hz < 0.04


def test_every_turn_has_the_level_that_its_prosody_states(interview):
    for turn in interview.turns:
        voice = inside(interview, turn.chunks_s)
        level = active_dbfs(interview.samples[voice, own_channel(turn)], interview.sampling_rate_hz)
        assert level == pytest.approx(turn.prosody.level_dbfs + interview.gain_db, abs=0.8)


def test_latency_is_the_silence_before_the_answer(interview):
    for prompt, reply in zip(interview.turns[::2], interview.turns[1::2], strict=True):
        assert reply.latency_s == pytest.approx(reply.start_s - prompt.end_s, abs=1e-4)


def habits(person, **changes):
    return replace(person, traits={**person.traits, **changes})


def test_pauses_and_latencies_follow_the_habit(simulator, crowd, formula_voice):
    """The same draws, the habit alone doubled: every gap doubles."""
    script = script_of(*[answer("One.", "Two.", "Three.")] * 6)

    def gaps(pause_s, latency_s):
        person = habits(crowd[0], pause_s=pause_s, latency_s=latency_s)
        turns = spoken_script(simulator, person, script).turns[1::2]
        pauses = [
            after[0] - before[1] for turn in turns for before, after in pairwise(turn.chunks_s)
        ]
        return np.array(pauses), np.array([turn.latency_s for turn in turns])

    short, long = gaps(0.5, 0.6), gaps(1.0, 1.2)
    for single, double in zip(short, long, strict=True):
        np.testing.assert_allclose(double, 2 * single, atol=1e-3)
    assert np.median(short[0]) == pytest.approx(0.5, rel=0.4)


def test_ambivalence_delays_the_answer_by_a_third(simulator, crowd, formula_voice):
    both = [
        spoken_script(simulator, crowd[0], script_of(answer("Well.", ambivalence=shown))).turns[1]
        for shown in (False, True)
    ]
    assert both[1].latency_s == pytest.approx(1.3 * both[0].latency_s, abs=1e-4)


def test_a_loud_recording_is_turned_down_not_clipped(simulator, crowd, formula_voice):
    person = habits(crowd[0], level_dbfs=3.0)
    sound = spoken_script(simulator, person, script_of(answer("So loud.")))
    assert sound.gain_db < -3
    peaks = np.abs(sound.mixed(1)[:, 0])
    assert peaks.max() == pytest.approx(PEAK, abs=1e-5)
    # A clipped sine sits on its peak for a large share of the time.
    assert (peaks > 0.999 * PEAK).mean() < 0.02
    reply = sound.turns[1]
    level = rms_dbfs(sound.samples[inside(sound, reply.chunks_s), 0])
    assert level == pytest.approx(reply.prosody.level_dbfs + sound.gain_db, abs=0.2)


def test_a_quiet_recording_is_left_as_it_is(interview):
    assert interview.gain_db == 0.0
    assert np.abs(interview.mixed(1)).max() <= PEAK


def test_one_channel_is_the_sum_of_two(interview):
    assert interview.mixed(2) is interview.samples
    np.testing.assert_array_equal(interview.mixed(1)[:, 0], interview.samples.sum(axis=1))
