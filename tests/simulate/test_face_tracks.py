"""What the face does over time follows the words, the voice and the person's habits."""

from dataclasses import replace

import numpy as np
import pytest

from clinic.records import Role
from clinic.simulate.expression import SADNESS, SMILE, drive_face
from clinic.simulate.face_mesh import AU_NAMES
from clinic.simulate.script import Answer
from clinic.simulate.soundtrack import Soundtrack, SpokenTurn
from clinic.simulate.voice import Prosody

RATE_HZ = 8000
FRAMES_HZ = 15.0
MANNER = Prosody(variant="none", rate_wpm=170, pitch=50, pitch_range=40, level_dbfs=-26)
PLAIN = Answer(chunks=("Yes.",), words_valence=0.0, voice_arousal=0.0, face_valence=0.0)


def turn(start_s, end_s, answer=None):
    return SpokenTurn(
        start_s=start_s,
        end_s=end_s,
        speaker=Role.PARTICIPANT if answer else Role.INTERVIEWER,
        text="Yes.",
        topic="home",
        prosody=MANNER,
        chunks_s=((start_s, end_s),),
        answer=answer,
    )


def sound_of(duration_s, *turns):
    """A hum of 200 Hz wherever somebody speaks, on the own channel."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    samples = np.zeros((len(time_s), 2), np.float32)
    for spoken in turns:
        inside = (time_s >= spoken.start_s) & (time_s < spoken.end_s)
        samples[inside, int(spoken.answer is None)] = 0.1 * np.sin(400 * np.pi * time_s[inside])
    return Soundtrack(samples=samples, sampling_rate_hz=RATE_HZ, turns=turns, gain_db=0.0)


@pytest.fixture(scope="module")
def person(crowd):
    """Somebody whose habits are round numbers."""
    habits = {"smile": 0.0, "brow_lowering": 0.0, "corner_lowering": 0.0, "expressiveness": 0.8}
    habits |= {"gaze_down_deg": 3.0, "gaze_away": 0.2, "head_motion": 1.0, "blink_rate_hz": 0.4}
    return replace(crowd[0], traits={**crowd[0].traits, **habits})


def with_habits(person, **changes):
    return replace(person, traits={**person.traits, **changes})


def driven(person, sound, seed=3):
    return drive_face(person, sound, rate_hz=FRAMES_HZ, random=np.random.default_rng(seed))


def course(tracks, unit, start_s, end_s):
    inside = (tracks.time_s >= start_s) & (tracks.time_s < end_s)
    return tracks.intensities[inside, AU_NAMES.index(unit)]


ANSWER = (10.0, 20.0)
MIDDLE = (12.0, 18.0)  # far from the ends, where an expression comes and goes
#: Every AU wanders about 0 with this spread, and negative values are cut.
WANDER = 0.05


@pytest.mark.parametrize(("valence", "weights"), [(1.0, SMILE), (-1.0, SADNESS)])
def test_a_planted_expression_has_its_units_at_their_weights(person, valence, weights):
    planted = replace(PLAIN, face_valence=valence, conflict="smile_over_negative_words")
    tracks = driven(person, sound_of(30, turn(*ANSWER, planted)))
    for unit in {*SMILE, *SADNESS} - {"AU25"}:
        expected = 0.8 * weights.get(unit, 0.0)
        assert np.mean(course(tracks, unit, *MIDDLE)) == pytest.approx(expected, abs=3 * WANDER)
        assert np.mean(course(tracks, unit, 23, 30)) < 3 * WANDER


def test_a_planted_expression_holds_and_another_comes_in_waves(person):
    def lowest(conflict):
        answer = replace(PLAIN, face_valence=1.0, conflict=conflict)
        tracks = driven(person, sound_of(30, turn(*ANSWER, answer)))
        return course(tracks, "AU12", *MIDDLE).min()

    assert lowest("smile_over_negative_words") > 0.75 * 0.8
    assert lowest(None) < 0.75 * 0.8


def test_a_less_expressive_person_shows_less_by_that_factor(person):
    answer = replace(PLAIN, face_valence=1.0, conflict="smile_over_negative_words")
    sound = sound_of(30, turn(*ANSWER, answer))
    means = [
        course(driven(with_habits(person, expressiveness=e), sound), "AU12", *MIDDLE).mean()
        for e in (0.4, 0.8)
    ]
    assert means[1] - means[0] == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize(
    ("habit", "unit"), [("smile", "AU12"), ("brow_lowering", "AU04"), ("corner_lowering", "AU15")]
)
def test_a_resting_habit_is_there_all_the_time(person, habit, unit):
    tracks = driven(with_habits(person, **{habit: 0.4}), sound_of(60))
    assert course(tracks, unit, 0, 60).mean() == pytest.approx(0.4, abs=0.02)


def test_a_start_opens_the_eyes_as_the_answer_begins(person):
    tracks = driven(person, sound_of(30, turn(*ANSWER, replace(PLAIN, startle=True))))
    lids = course(tracks, "AU05", 0, 30)
    assert lids.max() > 0.5
    assert tracks.time_s[lids.argmax()] == pytest.approx(ANSWER[0], abs=0.3)
    assert course(tracks, "AU05", 14, 30).max() < 0.01


def test_the_mouth_moves_with_the_own_voice_only(person):
    tracks = driven(person, sound_of(40, turn(5, 15), turn(20, 30, PLAIN)))
    assert course(tracks, "AU26", 20.5, 29.5).mean() > 0.4
    assert course(tracks, "AU26", 5, 15).max() == 0
    assert course(tracks, "AU26", 32, 40).max() == 0


@pytest.mark.parametrize("blink_rate_hz", [0.2, 0.4, 0.8])
def test_blinks_come_at_the_persons_rate(person, blink_rate_hz):
    minutes = 20
    tracks = driven(with_habits(person, blink_rate_hz=blink_rate_hz), sound_of(60 * minutes))
    shut = course(tracks, "AU43", 0, 60 * minutes) > 0.5
    n_blinks = int((shut[1:] & ~shut[:-1]).sum())
    assert n_blinks / (60 * minutes) == pytest.approx(blink_rate_hz, rel=0.15)
    assert shut.mean() < 0.3 * blink_rate_hz


@pytest.mark.parametrize(("gaze_away", "ambivalence"), [(0.1, False), (0.5, False), (0.3, True)])
def test_looking_away_takes_the_persons_share_of_an_answer(person, gaze_away, ambivalence):
    answer = replace(PLAIN, ambivalence=ambivalence)
    spans = [(20.0 * k + 5, 20.0 * k + 15) for k in range(30)]
    tracks = driven(
        with_habits(person, gaze_away=gaze_away),
        sound_of(610, *[turn(a, b, answer) for a, b in spans]),
    )
    inside = np.any([(tracks.time_s >= a) & (tracks.time_s < b) for a, b in spans], axis=0)
    lowered = tracks.gaze_deg[inside, 0].mean() - 3.0  # beside the person's own 3 degrees
    share = gaze_away * (1.7 if ambivalence else 1.0)
    assert lowered / 9.0 == pytest.approx(share, abs=0.08)


def test_lowered_gaze_lowers_the_head_a_little(person):
    level, lowered = (
        driven(with_habits(person, gaze_down_deg=down), sound_of(120)) for down in (0.0, 10.0)
    )
    assert (lowered.gaze_deg - level.gaze_deg)[:, 0].mean() == pytest.approx(10.0, abs=0.1)
    assert (lowered.head_deg - level.head_deg)[:, 0].mean() == pytest.approx(3.0, abs=0.1)


def test_head_motion_scales_with_the_habit(person):
    still, lively = (
        driven(with_habits(person, head_motion=m), sound_of(120)).head_deg[:, 1].std()
        for m in (0.5, 1.0)
    )
    assert lively == pytest.approx(2 * still, rel=0.01)
    assert lively == pytest.approx(3.2, rel=0.4)


def test_tracks_cover_the_sound_and_stay_inside_what_a_face_can_do(person):
    wild = with_habits(person, expressiveness=1.2, head_motion=2.0, gaze_down_deg=14.0, smile=0.4)
    answer = replace(PLAIN, face_valence=1.2, startle=True, conflict="smile_over_negative_words")
    sound = sound_of(61.3, *[turn(10.0 * k, 10.0 * k + 8, answer) for k in range(1, 6)])
    tracks = driven(wild, sound)
    n = int(61.3 * FRAMES_HZ)
    np.testing.assert_allclose(tracks.time_s, np.arange(n) / FRAMES_HZ)
    for values, shape in (
        (tracks.intensities, (n, 20)),
        (tracks.head_deg, (n, 3)),
        (tracks.gaze_deg, (n, 2)),
        (tracks.sway, (n, 2)),
    ):
        assert values.shape == shape
        assert np.isfinite(values).all()
    assert tracks.intensities.min() >= 0
    assert tracks.intensities.max() <= 1.3
    assert np.abs(tracks.head_deg).max() <= 16
    pose = tracks.pose(7)
    assert (pose.pitch_deg, pose.yaw_deg, pose.roll_deg) == tuple(tracks.head_deg[7])
    assert (pose.gaze_down_deg, pose.gaze_side_deg) == tuple(tracks.gaze_deg[7])


def test_the_same_draws_give_the_same_tracks(person):
    sound = sound_of(20, turn(5, 12, PLAIN))
    for one, other in zip(
        vars(driven(person, sound)).values(), vars(driven(person, sound)).values(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert (driven(person, sound, seed=4).head_deg != driven(person, sound).head_deg).any()
