"""The learned signal: a linear head on readings, refused where it was trained on others."""

from pathlib import Path

import numpy as np
import pytest

from clinic.errors import SetupError
from clinic.inconsistency import LearnedInconsistency
from clinic.inconsistency.measures.learned import design, design_columns
from clinic.validation.training.learned_inconsistency import (
    Utterances,
    area_under_curve,
    choose_penalty,
    fit,
)

NAMES = ("text_valence", "voice_arousal", "face_smile")


@pytest.fixture(scope="module")
def utterances() -> Utterances:
    """Smiles over negative words are planted, nothing else is."""
    random = np.random.default_rng(1)
    scores = random.normal(size=(2000, 3))
    planted = (scores[:, 0] < -0.8) & (scores[:, 2] > 0.8)
    return Utterances(
        people=np.repeat([f"p{i:03d}" for i in range(100)], 20),
        planted=planted,
        scores=scores,
        measures={},
    )


@pytest.fixture(scope="module")
def learned(utterances: Utterances, tmp_path_factory: pytest.TempPathFactory):
    path: Path = tmp_path_factory.mktemp("head") / "head.safetensors"
    sha256 = fit(utterances, NAMES, 10.0).write(path)
    return LearnedInconsistency(readings=NAMES, weights=str(path), weights_sha256=sha256)


def test_it_finds_what_was_planted_in_readings_that_it_has_not_met(learned) -> None:
    scores = np.random.default_rng(2).normal(size=(500, 3))
    planted = (scores[:, 0] < -0.8) & (scores[:, 2] > 0.8)
    values = learned.values(dict(zip(NAMES, scores.T, strict=True)))
    assert area_under_curve(values, planted) > 0.95
    assert ((values >= 0) & (values <= 1)).all()


def test_labels_drawn_by_lot_cannot_be_learned(utterances: Utterances) -> None:
    random = np.random.default_rng(3)
    by_lot = Utterances(
        people=utterances.people,
        planted=random.uniform(size=2000) < 0.1,
        scores=utterances.scores,
        measures={},
    )
    assert choose_penalty(by_lot)[1] == pytest.approx(0.5, abs=0.07)


def test_an_absent_reading_gives_no_value(learned) -> None:
    scores = dict.fromkeys(NAMES, np.zeros(3)) | {"face_smile": np.array([0.0, np.nan, 1.0])}
    assert np.isnan(learned.values(scores)).tolist() == [False, True, False]


def test_pairings_give_what_segments_give(learned) -> None:
    scores = dict(zip(NAMES, np.random.default_rng(4).normal(size=(3, 6)), strict=True))
    laid = {n: c[:, None] if n.startswith("text") else c[None, :] for n, c in scores.items()}
    np.testing.assert_allclose(np.diag(learned.values(laid)), learned.values(scores))


def test_inputs_are_named_as_they_are_made() -> None:
    names = design_columns(NAMES)
    made = design(np.array([[-2.0, 0.5, 1.0]]))[0]
    assert len(names) == len(made)
    assert dict(zip(names, made, strict=True))["low text_valence + high face_smile"] == 1.0
    assert dict(zip(names, made, strict=True))["high text_valence + high face_smile"] == 0.0


def test_a_head_of_other_readings_is_refused(learned) -> None:
    with pytest.raises(SetupError, match="other readings"):
        LearnedInconsistency(
            readings=NAMES[:2], weights=learned.weights, weights_sha256=learned.weights_sha256
        )


def test_the_area_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(5)
    signal, positive = random.integers(0, 5, 200).astype(float), random.uniform(size=200) < 0.3
    assert area_under_curve(signal, positive) == pytest.approx(roc_auc_score(positive, signal))
