"""Votes of people: draws, majorities and areas against a second way to reckon them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from clinic.errors import SetupError
from clinic.inconsistency.readers.emotions import EMOTIONS
from clinic.validation.study_intervals import weighted_interval
from clinic.validation.votes.curves import Answered, CurveSettings, binned, calibrated, of_few
from clinic.validation.votes.data import FILE, ClipVotes, read_votes
from clinic.validation.votes.draws import counted, majorities, shares, shuffled
from clinic.validation.votes.followed import followed_findings, mixing_weight
from clinic.validation.votes.raters import halves_of
from clinic.validation.votes.study import VoteDivergence

COUNTS = st.lists(
    st.lists(st.integers(0, 4), min_size=6, max_size=6).filter(any), min_size=1, max_size=8
).map(np.array)


def clip_votes(voice, face, both=None):
    voice, face = np.asarray(voice), np.asarray(face)
    return ClipVotes(
        clips=tuple(f"{i:04d}" for i in range(len(voice))),
        actors=tuple(f"a{i % 5}" for i in range(len(voice))),
        voice=voice,
        face=face,
        both=face if both is None else np.asarray(both),
    )


def noise(n_clips, seed=0, n_raters=10):
    return np.random.default_rng(seed).multinomial(n_raters, np.full(6, 1 / 6), size=n_clips)


@given(COUNTS, st.integers(0, 99))
def test_shuffling_loses_and_invents_no_vote(votes, seed):
    laid = shuffled(votes, np.random.default_rng(seed))
    for row, counts in zip(laid, votes, strict=True):
        assert Counter(row[row >= 0].tolist()) == +Counter(dict(enumerate(counts.tolist())))
        assert (row[: counts.sum()] >= 0).all()


@given(COUNTS, st.integers(0, 99))
def test_halves_share_nobody_and_miss_nobody(votes, seed):
    face = votes[::-1].copy()
    halves = halves_of(clip_votes(votes, face), np.random.default_rng(seed))
    everybody = votes.sum(axis=1)
    other = counted(halves.voice_laid, halves.n_voice, everybody, 6)
    np.testing.assert_array_equal(halves.voice + other, votes)
    np.testing.assert_array_equal(halves.voice_majority, majorities(other))
    assert (halves.voice.sum(axis=1) - other.sum(axis=1) == everybody % 2).all()


def test_drawn_raters_are_drawn_without_return_and_evenly():
    votes = np.tile([7, 3, 0, 0, 0, 0], (20_000, 1))
    laid = shuffled(votes, np.random.default_rng(1))
    two = counted(laid, np.zeros(20_000, dtype=int), np.full(20_000, 2), 6)
    # Hypergeometric: both of the three are drawn with 3/10 x 2/9.
    assert (two[:, 1] == 2).mean() == pytest.approx(3 / 10 * 2 / 9, abs=0.006)


def test_a_shared_first_place_is_no_majority():
    votes = np.array([[5, 5, 0, 0, 0, 0], [1, 0, 0, 2, 0, 0], [0, 0, 0, 0, 0, 0]])
    np.testing.assert_array_equal(majorities(votes), [-1, 3, -1])
    assert np.isnan(shares(votes)[2]).all()


def test_raters_who_guess_are_told_apart_when_they_are_on_both_sides_and_not_when_they_are_halved():
    """The mistake that would flatter us: the same votes give divergence and majorities."""
    votes = clip_votes(noise(4000, 1), noise(4000, 2))
    study = small_study()
    circular = study._circular(votes).value
    splits = [halves_of(votes, np.random.default_rng(s)) for s in range(3)]
    honest = study._honest(splits).value
    assert circular == pytest.approx(0.75, abs=0.02)
    # Areas of 3,000 clips scatter by about .01.
    assert abs(honest - 0.5) < 0.035


def test_the_area_is_that_of_a_second_implementation():
    voice, face = noise(300, 1), noise(300, 2)
    study = small_study()
    found = study._circular(clip_votes(voice, face))
    lead = (
        [np.flatnonzero(v == v.max()) for v in voice],
        [np.flatnonzero(f == f.max()) for f in face],
    )
    rows = [i for i in range(300) if len(lead[0][i]) == len(lead[1][i]) == 1]
    differs = [bool(lead[0][i][0] != lead[1][i][0]) for i in rows]
    signal = [reckoned_divergence(voice[i] / 10, face[i] / 10) for i in rows]
    assert found.n == len(rows)
    assert found.value == pytest.approx(roc_auc_score(differs, signal))
    assert found.low < found.value < found.high


def reckoned_divergence(first, second):
    from scipy.spatial.distance import jensenshannon

    return round(jensenshannon(first, second, base=2) ** 2, 12)


def test_fewer_raters_tell_less():
    leanings = np.random.default_rng(5).integers(6, size=(3000, 2))
    chances = 0.06 + 0.64 * np.eye(6)[leanings]
    chances /= chances.sum(axis=2, keepdims=True)
    generator = np.random.default_rng(6)
    voice, face = (generator.multinomial(10, chances[:, k]) for k in (0, 1))
    halves = halves_of(clip_votes(voice, face), np.random.default_rng(7))
    areas = [roc_auc_score(a.differs, a.divergence) for a in (of_few(halves, n) for n in (1, 2, 5))]
    assert areas[0] < areas[1] < areas[2]


def test_the_weight_is_the_one_that_was_mixed_in():
    voice, face = shares(noise(50, 1)), shares(noise(50, 2))
    ones = np.ones((1, 50))
    for weight in (0.0, 0.3, 1.0):
        both = weight * face + (1 - weight) * voice
        assert mixing_weight(voice, face, both)(ones)[0] == pytest.approx(weight)


def test_when_those_who_have_both_vote_as_the_voice_the_face_is_never_followed():
    voice, face = noise(400, 1), noise(400, 2)
    found = {f.what.split(":")[0]: f for f in followed_findings(
        clip_votes(voice, face, both=voice), n_draws=20, seed=0
    )}  # fmt: skip
    assert found["where they differ"].value == 0.0


def test_the_calibration_curve_of_a_formula_is_the_formula():
    generator = np.random.default_rng(0)
    divergence = generator.random(40_000)
    answered = Answered(
        actors=[f"a{i % 40}" for i in range(40_000)],
        divergence=divergence,
        differs=generator.random(40_000) < divergence**2,
    )
    settings = CurveSettings(most_raters=3, n_bins=10, n_folds=4, n_draws=50, seed=0)
    bins = binned(answered, settings)
    assert len(bins) == 10 and sum(b.n for b in bins) == 40_000
    for b in bins:
        # A bin is a tenth wide: the mean of x^2 over it is the square of its middle plus .01 / 12.
        assert b.share == pytest.approx(b.divergence**2 + 0.01 / 12, abs=0.035)
        assert b.low <= b.share <= b.high
    probability = calibrated(answered, n_folds=4)
    assert np.abs(probability - divergence**2).mean() < 0.02


def test_no_actor_calibrates_own_clips():
    """One actor's clips always differ, everybody else's never: the map must not know him."""
    actors = [f"a{i % 10}" for i in range(1000)]
    differs = np.array([actor == "a3" for actor in actors])
    answered = Answered(
        actors=actors, divergence=np.random.default_rng(0).random(1000), differs=differs
    )
    assert (calibrated(answered, n_folds=10)[differs] == 0).all()


def test_the_interval_over_actors_holds_the_truth_about_as_often_as_it_says():
    """Clips of one actor resemble each other: drawing clips one by one would be too narrow."""
    hits = []
    for seed in range(200):
        generator = np.random.default_rng(seed)
        values = (generator.normal(size=60)[:, None] + 0.3 * generator.normal(size=(60, 5))).ravel()
        actors = [f"a{i // 5}" for i in range(300)]
        _, low, high = weighted_interval(
            actors, lambda w, v=values: w @ v / w.sum(axis=1), n_draws=300, seed=seed
        )
        hits.append(low <= 0.0 <= high)
    # 200 trials scatter by .016; percentile intervals of 60 actors fall a little short.
    assert 0.88 <= np.mean(hits) <= 0.99


def test_the_published_shares_come_out_of_the_published_file(shared_data):
    votes = read_votes(shared_data / "cremad_ratings" / FILE)
    study = small_study()
    differing = study._differing(votes)
    assert (differing.n, round(differing.value, 3)) == (6383, 0.474)
    followed = followed_findings(votes, n_draws=5, seed=0)[0]
    assert (followed.n, round(followed.value, 3)) == (3023, 0.624)
    assert len(votes.clips) == 7442 and len(set(votes.actors)) == 91


def test_votes_for_the_intended_emotion_are_as_published(shared_data):
    """40.0, 57.4, 63.1 of 100 votes: the letters stand for the emotions we take them for."""
    votes = read_votes(shared_data / "cremad_ratings" / FILE)
    codes = {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "joy", "SAD": "sadness",
             "NEU": "neutral"}  # fmt: skip
    meant = np.array([EMOTIONS.index(codes[clip.split("_")[2]]) for clip in votes.clips])
    for counts, published in ((votes.voice, 0.400), (votes.face, 0.574), (votes.both, 0.631)):
        right = counts[np.arange(len(meant)), meant].sum() / counts.sum()
        assert right == pytest.approx(published, abs=0.002)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: rows[0].__setitem__(1, "99"), "do not sum to 10"),
        (lambda rows: rows[0].__setitem__(1, "many"), "is not CREMA-D's"),
        (lambda rows: rows.pop(1), "1 of 240 clips without all of"),
        (lambda rows: rows.append(rows[0]), "has two rows for voice"),
        (lambda rows: rows.clear(), "0 of 0 clips"),
    ],
)
def test_a_file_that_is_another_is_refused_with_the_place(
    tmp_path, write_votes, votes_rows, change, told
):  # fmt: skip
    change(votes_rows)
    path = write_votes(tmp_path, votes_rows)
    with pytest.raises(SetupError, match=told):
        read_votes(path)


def small_study():
    return VoteDivergence(
        folder="cremad_ratings", n_splits=2, most_raters=3, n_bins=5, n_folds=3, n_draws=50, seed=0
    )
