"""Training of the voice heads: the fit, the copies, and that no speaker is in two sets."""

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.validation.training.softmax import fit_softmax
from clinic.validation.training.voice_fit import ROUSED, VoiceRecipe
from clinic.validation.training.voice_rows import (
    NEUTRAL,
    Mixtures,
    Voices,
    blocks_of,
    drawn_mixture,
)
from clinic.validation.voice.degrading import Condition
from clinic.validation.voice.emodb import ACTED, read_emodb, read_sound, recognition_rates
from clinic.validation.voice.features import voices_of
from clinic.validation.voice.folds import unheard
from clinic.validation.voice.scores import area, average_recall, speaker_areas

N_SPEAKERS, N_EACH, N_COLUMNS = 6, 6, 5


@pytest.fixture
def voices() -> Voices:
    """Speakers with middles of their own; the emotion moves every column in a planted way."""
    random = np.random.default_rng(0)
    planted = 2.0 * random.normal(size=(len(ACTED), N_COLUMNS))
    speakers = np.repeat([f"{i:02d}" for i in range(N_SPEAKERS)], N_EACH * len(ACTED))
    emotions = np.tile(np.repeat(np.arange(len(ACTED)), N_EACH), N_SPEAKERS)
    middles = 20.0 * random.normal(size=(N_SPEAKERS, N_COLUMNS))
    values = (
        middles[speakers.astype(int)]
        + planted[emotions]
        + 0.3 * random.normal(size=(len(emotions), N_COLUMNS))
    )
    return Voices(
        columns=tuple("abcde"),
        values={"clean": values, "telephone": values + 5.0},
        speakers=speakers,
        emotions=emotions,
        recognised=random.choice([0.8, 0.9, 1.0], size=len(emotions)),
    )


def recipe(**changes) -> VoiceRecipe:
    settings = {
        "typical_weight": 5.0,
        "limit_sd": 5.0,
        "neutral_rounds": 10,
        "least_weight": 0.01,
        "mixtures": Mixtures(n_mixtures=2, size=30, concentration=0.5),
        "whole_weight": 2.0,
        "conditions": (Condition(), Condition(telephone=True)),
        "left_out": (),
        "labels": "hard",
        "penalty": 0.01,
        "seed": 3,
    }
    return VoiceRecipe(**(settings | changes))


@pytest.mark.parametrize("penalty", [0.003, 0.1])
def test_the_fit_agrees_with_scikit_learn(penalty):
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(1)
    inputs = random.normal(size=(150, 4))
    classes = np.argmax(inputs[:, :3] + random.normal(size=(150, 3)), axis=1)
    weights = random.uniform(0.2, 3.0, size=150)
    ours = fit_softmax(inputs, np.eye(3)[classes], weights, penalty=penalty)
    theirs = LogisticRegression(C=1 / (penalty * weights.sum()), tol=1e-10, max_iter=5000)
    theirs.fit(inputs, classes, sample_weight=weights)
    np.testing.assert_allclose(ours.probabilities(inputs), theirs.predict_proba(inputs), atol=2e-3)


def test_soft_labels_are_what_repeated_hard_labels_would_teach():
    """A share of .75 to one class is three rows of it and one of the other."""
    random = np.random.default_rng(2)
    inputs = random.normal(size=(40, 3))
    share = random.choice([0.25, 0.5, 0.75], size=40)
    soft = fit_softmax(inputs, np.column_stack([share, 1 - share]), np.ones(40), penalty=0.05)
    counts = np.column_stack([4 * share, 4 * (1 - share)]).round().astype(int)
    repeated = np.concatenate([np.repeat(inputs, counts[:, k], axis=0) for k in (0, 1)])
    labels = np.repeat([0, 1], counts.sum(axis=0))
    hard = fit_softmax(repeated, np.eye(2)[labels], np.ones(len(labels)), penalty=0.05)
    np.testing.assert_allclose(soft.probabilities(inputs), hard.probabilities(inputs), atol=1e-3)


def test_soft_targets_sum_to_one_and_keep_what_listeners_named(voices):
    targets, _ = recipe(labels="soft").targets(voices)
    np.testing.assert_allclose(targets.sum(axis=1), 1.0)
    rows = np.arange(len(targets))
    np.testing.assert_allclose(targets[rows, voices.emotions], voices.recognised)
    _, weights = recipe(labels="weighted").targets(voices)
    np.testing.assert_array_equal(weights, voices.recognised)
    with pytest.raises(SetupError, match="labels"):
        recipe(labels="softer")


def test_planted_emotions_of_an_unheard_speaker_are_found(voices):
    read = unheard(recipe(), voices, ["clean", "telephone"])
    for found in read.values():
        guessed = np.argmax(found.probabilities, axis=1)
        assert np.mean(guessed == voices.emotions) > 0.9


def test_a_speakers_own_labels_do_not_reach_their_reading(voices):
    """The mistake that would flatter us: scramble one speaker's labels, their reading stays."""
    scrambled = voices.emotions.copy()
    own = np.flatnonzero(voices.speakers == "02")
    scrambled[own] = np.random.default_rng(4).permutation(scrambled[own])
    other = Voices(
        columns=voices.columns,
        values=voices.values,
        speakers=voices.speakers,
        emotions=scrambled,
        recognised=voices.recognised,
    )
    before = unheard(recipe(), voices, ["clean"])["clean"].probabilities
    after = unheard(recipe(), other, ["clean"])["clean"].probabilities
    np.testing.assert_array_equal(before[own], after[own])
    assert np.abs(before - after).max() > 1e-3


def test_a_speakers_own_sound_does_not_reach_the_heads_that_read_them(voices):
    own = voices.speakers == "02"
    kept = voices.take(~own)
    changed = Voices(
        columns=voices.columns,
        values={k: np.where(own[:, None], 1e3, v) for k, v in voices.values.items()},
        speakers=voices.speakers,
        emotions=voices.emotions,
        recognised=voices.recognised,
    )
    first = recipe().fit(kept, {})
    second = recipe().fit(changed.take(~own), {})
    np.testing.assert_array_equal(first.emotion.layers[0][0], second.emotion.layers[0][0])


def test_a_copy_holds_each_speaker_with_their_own_utterances_only(voices):
    blocks = blocks_of(
        voices, Mixtures(n_mixtures=2, size=30, concentration=0.5), whole_weight=3.0, seed=0
    )
    assert len(blocks) == 6
    for block in blocks:
        np.testing.assert_array_equal(voices.speakers[block.places], block.speakers)
        for emotion in np.unique(voices.emotions[block.places]):
            mass = block.weights[voices.emotions[block.places] == emotion].sum()
            assert mass == pytest.approx(3.0 if len(block.places) == len(voices.emotions) else 1.0)


def test_a_mixture_holds_the_shares_that_were_asked_for():
    emotions = np.repeat(np.arange(7), [2, 50, 3, 9, 10, 4, 30])
    shares = np.zeros(7)
    shares[[NEUTRAL, 0]] = 0.7, 0.3
    random = np.random.default_rng(0)
    drawn = emotions[drawn_mixture(emotions, shares, size=20_000, random=random)]
    found = np.bincount(drawn, minlength=7) / len(drawn)
    np.testing.assert_allclose(found, shares, atol=0.015)


def test_the_same_recipe_gives_the_same_bytes(voices, tmp_path):
    names = ("first", "second")
    hashes = {recipe().fit(voices, {}).emotion.write(tmp_path / name) for name in names}
    assert len(hashes) == 1
    again = recipe(seed=4).fit(voices, {}).emotion.write(tmp_path / "third")
    assert again not in hashes


def test_average_recall_agrees_with_scikit_learn():
    from sklearn.metrics import balanced_accuracy_score

    random = np.random.default_rng(5)
    emotions, guessed = random.integers(0, 4, 60), random.integers(0, 4, 60)
    counts = random.integers(0, 3, 60)
    found = average_recall(emotions, guessed)(np.vstack([np.ones(60), counts]))
    repeated = np.repeat(np.arange(60), counts)
    assert found[0] == pytest.approx(balanced_accuracy_score(emotions, guessed))
    assert found[1] == pytest.approx(balanced_accuracy_score(emotions[repeated], guessed[repeated]))


def test_area_agrees_with_scikit_learn_and_leaves_disgust_out():
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(6)
    emotions = random.integers(0, 7, 80)
    arousal = random.normal(size=80).round(1)
    roused = np.array([ROUSED[name] for name in ACTED])[emotions]
    clear = roused != 0.5
    expected = roc_auc_score(roused[clear], arousal[clear])
    assert speaker_areas(["a"] * 80, emotions, arousal)["a"] == pytest.approx(expected)
    assert np.isnan(area(np.array([]), np.array([1.0])))


def test_emodb_is_read_whole(shared_data):
    utterances = read_emodb(shared_data / "emodb")
    assert len(utterances) == 535
    assert len({u.speaker for u in utterances}) == 10
    counts = {e: sum(u.emotion == e for u in utterances) for e in ACTED}
    assert counts == {
        "anger": 127,
        "disgust": 46,
        "fear": 69,
        "joy": 71,
        "sadness": 62,
        "neutral": 79,
        "boredom": 81,
    }
    # The corpus was selected: 16 of 20 listeners at least (erklaerung.txt).
    assert min(u.recognised for u in utterances) == 0.8
    first = next(u for u in utterances if u.path.name == "03a01Fa.wav")
    assert (first.recognised, first.emotion) == (0.9, "joy")
    samples = read_sound(first, sampling_rate_hz=16_000)
    # Filled up to 2 s in this copy; the corpus itself has 1.898 s.
    assert len(samples) / 16_000 == pytest.approx(1.898, abs=0.001)
    assert 0.5 < np.abs(samples).max() < 1.2


def test_what_is_no_emodb_is_refused(tmp_path):
    with pytest.raises(SetupError, match="no EmoDB"):
        read_emodb(tmp_path)
    (tmp_path / "wav").mkdir()
    (tmp_path / "wav" / "other.wav").write_bytes(b"")
    with pytest.raises(SetupError, match=r"erkennung\.txt cannot be read"):
        read_emodb(tmp_path)
    (tmp_path / "erkennung.txt").write_text("nothing\n", encoding="latin-1")
    with pytest.raises(SetupError, match="lists no recognition rate"):
        recognition_rates(tmp_path / "erkennung.txt")


def test_an_unknown_column_to_leave_out_is_refused():
    from types import SimpleNamespace

    table = SimpleNamespace(columns=("a",), values=np.ones((1, 1)))
    heard = {"clean": {"03": ((), SimpleNamespace(segments=table))}}
    with pytest.raises(SetupError, match="no column b"):
        voices_of([], heard, ["b"])


def test_the_shipped_heads_hold_the_shipped_recipe():
    settings = OmegaConf.load(conf_folder() / "validate" / "voice.yaml").recipe
    reader = build(OmegaConf.load(conf_folder() / "affect" / "voice" / "learned.yaml"))
    for head in (reader.heads().emotion, reader.heads().arousal):
        assert head.card["recipe"] == OmegaConf.to_container(settings)
    assert set(build(settings).left_out).isdisjoint(reader.heads().inputs)
