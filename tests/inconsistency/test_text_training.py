"""Fitting of the heads of the words: planted truth, choices on dev, and no look at test."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from clinic.errors import SetupError
from clinic.inconsistency.readers.emotions import EMOTIONS
from clinic.inconsistency.readers.text_emotions import EKMAN, six_emotions
from clinic.inconsistency.training.agreement import label_f1, pearson
from clinic.inconsistency.training.dimensions import fit_dimensions, ridge
from clinic.inconsistency.training.emotion_head import (
    TEMPERATURES,
    best_temperature,
    best_thresholds,
    fit_emotions,
    label_shares,
)
from clinic.inconsistency.training.fitted import Split, split_of
from clinic.inconsistency.training.network import NetworkSettings, fit_network
from clinic.inconsistency.training.rated_texts import RatedTexts, without_repeats

SMALL = NetworkSettings(hidden=16, dropout=0.0, weight_decay=0.0, learning_rate=0.01)
N_INPUTS = 5
COLUMNS = tuple(f"embedding_{i:03d}" for i in range(N_INPUTS))
SEVEN = tuple(f"ekman_{emotion}" for emotion in EKMAN)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def planted(make_targets, *, n: int = 900, seed: int = 1) -> Split:
    random = np.random.default_rng(seed)
    inputs = random.normal(size=(n, N_INPUTS))
    targets = make_targets(inputs, random)
    cut = 2 * n // 3
    return Split(
        inputs=inputs[:cut],
        targets=targets[:cut],
        dev_inputs=inputs[cut:],
        dev_targets=targets[cut:],
    )


def test_ridge_agrees_with_scikit_learn() -> None:
    split = planted(lambda x, random: random.normal(size=(len(x), 2)))
    names = (COLUMNS, ("a", "b"))
    head = ridge(split.inputs, split.targets, penalty=3.0, names=names, card={})
    reference = Ridge(alpha=3.0).fit(split.inputs, split.targets)
    np.testing.assert_allclose(head.predict(split.dev_inputs), reference.predict(split.dev_inputs))


def test_a_planted_linear_map_is_found_in_the_ratings_own_unit() -> None:
    coefficients = np.random.default_rng(2).normal(size=(N_INPUTS, 2))
    split = planted(
        lambda x, random: 3.0 + 0.2 * x @ coefficients + 0.01 * random.normal(size=(len(x), 2))
    )
    fitted = fit_dimensions(split, columns=COLUMNS, outputs=("a", "b"), card={}, networks=())
    probe = np.random.default_rng(3).normal(size=(50, N_INPUTS))
    expected = 3.0 + 0.2 * probe @ coefficients
    np.testing.assert_allclose(fitted.head.predict(probe), expected, atol=0.02)
    assert fitted.label.startswith("ridge")


def test_a_bend_that_ridge_misses_is_left_to_the_hidden_layer() -> None:
    split = planted(lambda x, random: 2.0 + np.abs(x[:, :1]))
    fitted = fit_dimensions(split, columns=COLUMNS, outputs=("a",), card={}, networks=(SMALL,))
    assert fitted.label == SMALL.label
    assert pearson(fitted.head.predict(split.dev_inputs)[:, 0], split.dev_targets[:, 0]) > 0.95
    assert all(score < 0.5 for label, score in fitted.tried if label.startswith("ridge"))


def test_answers_spread_as_the_ratings_do_on_dev() -> None:
    split = planted(lambda x, random: 3.0 + 0.1 * x[:, :2] + random.normal(size=(len(x), 2)))
    fitted = fit_dimensions(split, columns=COLUMNS, outputs=("a", "b"), card={}, networks=())
    answers = fitted.head.predict(split.dev_inputs)
    np.testing.assert_allclose(answers.std(axis=0), split.dev_targets.std(axis=0), rtol=1e-9)


def test_a_linear_network_of_marks_agrees_with_logistic_regression() -> None:
    def marks(x, random):
        odds = x @ (np.arange(1.0, N_INPUTS + 1)[:, None] / 5) - 0.5
        return (random.random((len(x), 1)) < 1 / (1 + np.exp(-odds))).astype(float)

    split = planted(marks, n=3000)
    head = fit_network(
        split.inputs,
        split.targets,
        (split.dev_inputs, split.dev_targets),
        names=(COLUMNS, ("a",)),
        link="sigmoid",
        settings=NetworkSettings(hidden=0, dropout=0.0, weight_decay=0.0, learning_rate=0.05),
        card={},
    )
    reference = LogisticRegression(C=1e6).fit(split.inputs, split.targets[:, 0])
    expected = reference.predict_proba(split.dev_inputs)[:, 1]
    np.testing.assert_allclose(head.predict(split.dev_inputs)[:, 0], expected, atol=0.05)


def test_the_same_seed_gives_the_same_head() -> None:
    split = planted(lambda x, random: np.abs(x[:, :1]), n=300)

    def layer() -> np.ndarray:
        return fit_network(
            split.inputs,
            split.targets,
            (split.dev_inputs, split.dev_targets),
            names=(COLUMNS, ("a",)),
            link="identity",
            settings=NetworkSettings(hidden=4, dropout=0.3, weight_decay=0.0, max_epochs=3),
            card={},
        ).layers[0][0]

    np.testing.assert_array_equal(layer(), layer())


def test_thresholds_are_the_best_of_all() -> None:
    random = np.random.default_rng(4)
    marks = (random.random((400, 3)) < [0.5, 0.1, 0.02]).astype(float)
    answers = np.clip(0.4 * marks + random.random((400, 3)) * 0.6, 0, 1)
    chosen = best_thresholds(answers, marks)
    best = label_f1((answers >= chosen).astype(float), marks)
    for threshold in np.linspace(0.02, 0.8, 79):
        assert (label_f1((answers >= threshold).astype(float), marks) <= best + 1e-12).all()


@pytest.mark.parametrize("true", [0.5, 1.0, 2.0])
def test_the_temperature_that_was_planted_is_found(true: float) -> None:
    random = np.random.default_rng(6)
    shares = random.dirichlet(np.ones(6), size=4000)
    marks = np.zeros((4000, 7))
    drawn = [random.choice(6, p=share) for share in shares]
    marks[np.arange(4000), drawn] = 1.0
    answers = np.column_stack([shares**true, np.full(4000, 1e-9)])
    found = best_temperature(answers, marks, SEVEN)
    assert abs(np.log(found / true)) <= 2 * np.log(TEMPERATURES[1] / TEMPERATURES[0])


def test_labels_share_a_comment_and_surprise_alone_has_no_share() -> None:
    marks = np.array([[1, 0, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0, 1.0]])
    shares = label_shares(marks, SEVEN)
    np.testing.assert_array_equal(shares[0], [0.5, 0, 0, 0.5, 0, 0])
    assert np.isnan(shares[1]).all()


def test_the_emotion_head_carries_its_choices() -> None:
    names = ("original_joy", *SEVEN, "group_positive")

    def marks(x, random):
        of_seven = np.eye(7)[(np.abs(x[:, 0]) * 3).astype(int) % 7]
        joy = of_seven[:, [EMOTIONS.index("joy")]]
        return np.hstack([joy, of_seven, joy])

    fitted = fit_emotions(
        planted(marks), columns=COLUMNS, outputs=names, card={"data": "made up"}, networks=(SMALL,)
    )
    assert fitted.head.card["data"] == "made up"
    assert len(fitted.head.card["thresholds"]) == len(names)
    assert fitted.head.card["temperature"] in TEMPERATURES


def rated(texts: list[str], split: list[str]) -> RatedTexts:
    return RatedTexts(
        texts=tuple(texts),
        split=np.array(split),
        units=np.array(texts),
        outputs=("a",),
        targets=np.arange(len(texts), dtype=float)[:, None],
    )


def test_no_text_is_in_two_splits() -> None:
    texts = ["One", "two", "three ", "ONE", "four", "three", "two", "four"]
    split = ["train", "train", "train", "dev", "dev", "test", "test", "test"]
    rest, left_out = without_repeats(rated(texts, split))
    assert left_out == {"train": 3, "dev": 1}
    assert rest.texts == ("ONE", "three", "two", "four")
    assert rest.targets[:, 0].tolist() == [3, 5, 6, 7]


def test_fitting_is_given_no_test_row() -> None:
    texts = [f"text {i}" for i in range(9)]
    whole = rated(texts, ["train", "dev", "test"] * 3)
    split = split_of(whole, np.arange(9.0)[:, None])
    assert split.inputs[:, 0].tolist() == [0, 3, 6]
    assert split.dev_inputs[:, 0].tolist() == [1, 4, 7]
    assert {*split.targets[:, 0], *split.dev_targets[:, 0]} == {0, 1, 3, 4, 6, 7}


def test_six_emotions_are_shares_without_surprise() -> None:
    answers = np.array([[0.1, 0.1, 0.1, 0.4, 0.1, 0.1, 0.9], [0, 0, 0, 0, 0, 0, 0.0]])
    loose = six_emotions(answers, SEVEN, temperature=1.0, least_mass=0.4)
    np.testing.assert_allclose(loose[0], np.array([1, 1, 1, 4, 1, 1]) / 9)
    np.testing.assert_allclose(loose[1], 1 / 6)
    strict = six_emotions(answers, SEVEN, temperature=1.0, least_mass=0.6)
    assert np.isnan(strict[0]).all()
    sharp = six_emotions(answers, SEVEN, temperature=0.5, least_mass=0.1)
    np.testing.assert_allclose(sharp[0], np.array([1, 1, 1, 16, 1, 1]) / 21)


def test_a_head_without_one_of_the_seven_is_refused() -> None:
    with pytest.raises(SetupError, match="ekman_surprise"):
        six_emotions(np.ones((1, 6)), SEVEN[:-1], temperature=1.0, least_mass=0.5)
