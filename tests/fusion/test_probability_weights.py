"""Weights per modality and band: who knows which band is what the table says."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from scipy.optimize import minimize

from clinic.config import build, conf_folder
from clinic.fusion import ModelIdentity, SplitPlan, strata_of, train
from clinic.fusion.late import Evidence
from clinic.fusion.probability_weights import ClassWeights
from clinic.records import Condition, Modality, Reference

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}
PLAN = SplitPlan(validation_share=0.25, calibration_share=0.0, test_share=0.25, n_folds=0)
IDENTITY = ModelIdentity(name="t", version="1", trained_on="formulas", banner="", licence="MIT")
LOW, HIGH = 0, 2
TEXT, VOICE, FACE = range(3)


def specialists(n: int, seed: int) -> Evidence:
    """Of three bands, the first modality tells 0 from the rest, the second 2 from the rest."""
    random = np.random.default_rng(seed)
    outcomes = random.integers(0, 3, size=n)
    said = np.empty((n, 2, 3))
    for place, own in enumerate((LOW, HIGH)):
        sure = np.full(3, 0.05)
        sure[own] = 0.9
        vague = np.full(3, 0.475)
        vague[own] = 0.05
        right = random.uniform(size=n) < 0.9
        says_own = (outcomes == own) == right
        said[:, place] = np.where(says_own[:, None], sure, vague)
    return Evidence(
        said=torch.from_numpy(said).float(),
        present=torch.ones(n, 2, dtype=torch.bool),
        outcomes=torch.from_numpy(outcomes),
        weights=torch.ones(n),
    )


def test_each_specialist_is_heard_about_its_own_band():
    combiner = ClassWeights(torch.eye(3), 2)
    combiner.fit(specialists(400, 0), specialists(200, 1), (0.1, 1.0, 10.0))
    weights = combiner.weights(torch.ones(1, 2, dtype=torch.bool))[0]
    assert weights[0, LOW] > 0.75
    assert weights[1, HIGH] > 0.75


def test_two_specialists_together_know_more_than_either():
    training, tested = specialists(400, 0), specialists(400, 2)
    combiner = ClassWeights(torch.eye(3), 2)
    combiner.fit(training, specialists(200, 1), (0.1, 1.0, 10.0))
    evened = ClassWeights(torch.eye(3), 2)
    rows = torch.arange(400)
    alone = [float(-tested.said[rows, m, tested.outcomes].log().mean()) for m in (0, 1)]
    assert combiner.loss(tested) < evened.loss(tested) - 0.02
    assert combiner.loss(tested) < min(alone) - 0.1


def test_the_weights_are_the_least_of_the_loss_by_another_minimiser():
    evidence, penalty = specialists(120, 3), 2.0
    combiner = ClassWeights(torch.eye(3), 2)
    combiner.learn(evidence, penalty)
    said, outcomes = evidence.said.numpy().astype(float), evidence.outcomes.numpy()

    def loss(half):
        """Two modalities: the logits of a band are +half and -half."""
        first = 1 / (1 + np.exp(-2 * half))
        mixed = first * said[:, 0] + (1 - first) * said[:, 1]
        share = mixed[np.arange(len(mixed)), outcomes] / mixed.sum(axis=1)
        return -np.log(share).sum() + penalty * np.sum(half**2)

    other = minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-6})
    found = combiner.weights(torch.ones(1, 2, dtype=torch.bool))[0, 0].numpy()
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-2 * other.x)), atol=1e-3)


@given(
    st.lists(st.floats(-4, 4), min_size=12, max_size=12),
    st.lists(st.booleans(), min_size=3, max_size=3).filter(any),
)
def test_weights_sum_to_one_over_the_modalities_present(logits, present):
    combiner = ClassWeights(torch.eye(4), 3)
    combiner.logits.copy_(torch.tensor(logits).view(3, 4))
    weights = combiner.weights(torch.tensor([present]))[0]
    torch.testing.assert_close(weights.sum(dim=0), torch.ones(4))
    assert (weights[~torch.tensor(present)] < 1e-9).all()
    assert (weights[torch.tensor(present)] > 0).all()


def test_the_mix_by_hand():
    combiner = ClassWeights(torch.tensor([[1.0, 0], [1, 0], [0, 1]]), 2)
    combiner.logits.copy_(torch.tensor([[np.log(3.0), 0.0], [0.0, 0.0]]))
    said = torch.tensor([[[0.2, 0.4, 0.4], [0.1, 0.1, 0.8]]])
    # First band: 3/4 and 1/4; second: 1/2 each. Scores take their band's weights.
    mixed = np.array([0.175, 0.325, 0.6])
    found = combiner(said, torch.tensor([[True, True]]))[0].numpy()
    np.testing.assert_allclose(found, mixed / mixed.sum(), atol=1e-6)
    alone = combiner(said, torch.tensor([[False, True]]))[0].numpy()
    np.testing.assert_allclose(alone, [0.1, 0.1, 0.8], atol=1e-6)


@pytest.fixture(scope="module")
def cohort(make_case):
    """Words tell low PCL-C from the rest, voice high from the rest, the face nothing."""
    random = np.random.default_rng(0)
    cases, references = [], []
    for index in range(240):
        band = int(random.integers(0, 3))
        pcl = int(random.integers((17, 30, 45)[band], (30, 45, 60)[band]))
        text, voice, face = (0.4 * random.normal(size=(6, 3)) for _ in range(3))
        text[:, 0] += 3.0 * (band == LOW)
        voice[:, 0] += 3.0 * (band == HIGH)
        name = f"p{index:03d}"
        cases.append(make_case(f"r{index:03d}", name, text, voice, face))
        references.append(
            Reference(
                recording_id=f"r{index:03d}", participant_id=name, scores={Condition.PTSD: pcl}
            )
        )
    return cases, references


@pytest.fixture(scope="module")
def model(cohort, scales):
    settings = OmegaConf.load(conf_folder() / "fusion" / "probability_weights.yaml")
    settings.tables = TABLES
    return train(
        *cohort,
        recipe=build(settings),
        scales=scales,
        split=PLAN.final(strata_of(cohort[1], scales[1]), 0),
        trainer=lambda **_: None,
        seed=0,
        identity=IDENTITY,
    )


def test_the_table_tells_a_reader_who_knows_which_band(model):
    table = model.network.weights_table()[Condition.PTSD]
    assert table.modalities == (Modality.TEXT, Modality.VOICE, Modality.FACE)
    assert table.bands == ("low", "middle", "high")
    np.testing.assert_allclose(table.weights.sum(axis=0), 1.0)
    assert table.weights[:, LOW].argmax() == TEXT
    assert table.weights[:, HIGH].argmax() == VOICE
    assert table.weights[TEXT, LOW] > 2 * table.weights[TEXT, HIGH]
    assert table.weights[VOICE, HIGH] > 2 * table.weights[VOICE, LOW]
    assert (table.weights[FACE] < 0.2).all()


def test_without_a_modality_the_others_share_its_weight(model):
    whole = model.network.weights_table()[Condition.PTSD].weights
    there = (Modality.VOICE, Modality.FACE)
    rest = model.network.weights_table(present=there)[Condition.PTSD].weights
    assert (rest[TEXT] == 0).all()
    np.testing.assert_allclose(rest[1:], whole[1:] / whole[1:].sum(axis=0), rtol=1e-5)


def test_the_table_is_what_the_network_does(model, cohort):
    """The band probabilities can be worked out on paper from the table and the modalities."""
    values = torch.tensor(model.layout.values(cohort[0][0]), dtype=torch.float32)[None]
    mask = torch.ones(values.shape[:2], dtype=torch.bool)
    grid = model.network.grid(Condition.PTSD)
    with torch.inference_mode():
        found = grid.bands(model.network(values, mask).scores[Condition.PTSD])[0].numpy()
        said = model.network.models(model.network, values, mask).recordings[Condition.PTSD][0]
    table = model.network.weights_table()[Condition.PTSD].weights
    paper = (table * (said @ grid.membership).numpy()).sum(axis=0)
    np.testing.assert_allclose(found, paper / paper.sum(), atol=1e-5)


def test_single_segments_have_weights_of_their_own(make_severity_cohort, scales):
    settings = OmegaConf.load(conf_folder() / "fusion" / "probability_weights.yaml")
    settings.tables = TABLES
    cohort = make_severity_cohort(120, 0)
    model = train(
        *cohort,
        recipe=build(settings),
        scales=scales,
        split=PLAN.final(strata_of(cohort[1], scales[0]), 0),
        trainer=lambda **_: None,
        seed=0,
        identity=IDENTITY,
    )
    table = model.network.segment_weights_table()[Condition.AMBIVALENCE]
    np.testing.assert_allclose(table.weights.sum(axis=0), 1.0)
    # Words and voice shift where it is shown, the face does not.
    assert table.weights[FACE, 1] < 0.5 * min(table.weights[TEXT, 1], table.weights[VOICE, 1])
