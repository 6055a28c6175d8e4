"""What every model on pooled statistics keeps: order, padding, absence, bytes, priors."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from scipy.stats import logistic

from clinic.config import build, build_list, compose, conf_folder
from clinic.fusion import (
    FeatureLayout,
    ModelIdentity,
    SplitPlan,
    load_model,
    strata_of,
    train,
    write_model_folder,
)
from clinic.fusion.training import weight_bytes
from clinic.records import Condition, Modality

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}
PLAN = SplitPlan(validation_share=0.2, calibration_share=0.0, test_share=0.2, n_folds=0)
IDENTITY = ModelIdentity(name="t", version="1", trained_on="formulas", banner="", licence="MIT")
SMALL = {
    "calibrated_late": {},
    "probability_weights": {},
    "trimodal_early": {"n_trees": 40, "n_seeds": 2, "patience": 10},
    "pooled_mlp": {"n_members": 2},
}
#: Their prior is the share of each band among the training participants.
COUNTING = ("calibrated_late", "probability_weights", "trimodal_early")


def config_of(choice: str):
    config = compose(
        "train",
        [f"fusion={choice}", "tracking=none", "trainer.max_epochs=4"],
        values={"store": "s", "labels": "l", "out": "o"},
    )
    config.fusion = OmegaConf.merge(config.fusion, SMALL[choice], {"tables": TABLES})
    return config


def split_of(cohort, scales):
    return PLAN.final(strata_of(cohort[1], scales[0]), 0)


def trained(choice: str, cohort, split=None, seed: int = 0):
    config = config_of(choice)
    scales = build_list(config.scales)
    return train(
        *cohort,
        recipe=build(config.fusion),
        scales=scales,
        split=split or split_of(cohort, scales),
        trainer=build(config.trainer),
        seed=seed,
        identity=IDENTITY,
    )


@pytest.fixture(scope="module")
def cohort(make_severity_cohort):
    return make_severity_cohort(80, 0)


@pytest.fixture(scope="module", params=sorted(SMALL))
def choice(request):
    return request.param


@pytest.fixture(scope="module")
def model(choice, cohort):
    return trained(choice, cohort)


def outputs_of(model, values: torch.Tensor, mask: torch.Tensor | None = None):
    if mask is None:
        mask = torch.ones(values.shape[:2], dtype=torch.bool)
    with torch.inference_mode():
        return model.network(values, mask)


def values_of(model, case) -> torch.Tensor:
    return torch.tensor(model.layout.values(case), dtype=torch.float32)[None]


def require_same(found, expected, tolerance: float = 1e-5) -> None:
    for key, value in (*expected.scores.items(), *expected.ratings.items()):
        other = found.scores[key] if key in found.scores else found.ratings[key]
        torch.testing.assert_close(other, value, atol=tolerance, rtol=0)


def test_the_order_of_segments_changes_nothing_but_their_order(model, cohort):
    generator = np.random.default_rng(0)
    for case in cohort[0][:8]:
        values = values_of(model, case)
        values[0, 3, :6] = torch.nan
        order = torch.from_numpy(generator.permutation(values.shape[1]))
        here, there = outputs_of(model, values), outputs_of(model, values[:, order])
        require_same(there, here)
        segments = here.segments[Condition.AMBIVALENCE][:, order]
        torch.testing.assert_close(
            there.segments[Condition.AMBIVALENCE], segments, atol=1e-5, rtol=0
        )


def test_padding_changes_nothing(model, cohort):
    values = values_of(model, cohort[0][0])
    n_segments = values.shape[1]
    padded = torch.full((1, n_segments + 5, values.shape[2]), 7.0)
    padded[:, :n_segments] = values
    mask = torch.zeros(1, n_segments + 5, dtype=torch.bool)
    mask[:, :n_segments] = True
    require_same(outputs_of(model, padded, mask), outputs_of(model, values))


def test_a_recording_says_the_same_alone_and_in_company(model, cohort):
    several = torch.cat([values_of(model, case) for case in cohort[0][:6]])
    together = outputs_of(model, several)
    for row in range(6):
        alone = outputs_of(model, several[row : row + 1])
        for condition, said in together.scores.items():
            torch.testing.assert_close(said[row], alone.scores[condition][0], atol=1e-6, rtol=0)


def test_every_subset_of_modalities_gives_distributions(model, cohort):
    values = values_of(model, cohort[0][0])
    for subset in range(8):
        here = values.clone()
        for place, modality in enumerate((Modality.TEXT, Modality.VOICE, Modality.FACE)):
            if not subset >> place & 1:
                here[..., torch.from_numpy(model.layout.indices(modality))] = torch.nan
        outputs = outputs_of(model, here)
        for said in outputs.scores.values():
            assert (said > 0).all()
            assert said.sum().item() == pytest.approx(1, abs=1e-5)
        for said in (*outputs.ratings.values(), *outputs.segments.values()):
            assert ((said > 0) & (said < 1)).all()


def test_nothing_observed_gives_the_training_shares(model, choice, cohort, scales):
    split = split_of(cohort, scales)
    known = [r for r in cohort[1] if r.participant_id in split.training]
    outputs = outputs_of(model, torch.full((1, 3, model.layout.n_features), torch.nan))
    assert not outputs.observed.any()
    for scale in scales:
        scores = np.array([r.scores[scale.condition] for r in known])
        counts = np.bincount([scale.band_of(s) for s in scores], minlength=scale.n_bands)
        expected = (counts + 1) / (len(scores) + scale.n_bands)
        if scale.is_rating:
            assert outputs.ratings[scale.condition].item() == pytest.approx(expected[1], abs=1e-5)
            continue
        said = outputs.scores[scale.condition]
        if choice not in COUNTING:
            edges = np.arange(scale.minimum, scale.maximum) + 0.5
            spread = scores.std() / 1.8138
            below = logistic.cdf(edges, loc=scores.mean(), scale=spread)
            cumulative = torch.cumsum(said, dim=1)[0, :-1].numpy()
            np.testing.assert_allclose(cumulative, below, atol=1e-4)
            continue
        found = model.network.grid(scale.condition).bands(said)[0].numpy()
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_loaded_model_says_the_same_bit_for_bit(model, choice, cohort, tmp_path):
    texts = {"calibration.json": "{}\n", "card.md": "# card\n"}
    write_model_folder(tmp_path / "model", model, config_of(choice), texts)
    loaded = load_model(tmp_path / "model")
    assert weight_bytes(loaded.network) == weight_bytes(model.network)
    for case in cohort[0][:5]:
        for before, after in zip(model.estimate(case), loaded.estimate(case), strict=True):
            np.testing.assert_array_equal(before.log_probabilities, after.log_probabilities)
            assert before.score == after.score
            if before.segment_logits is not None:
                np.testing.assert_array_equal(before.segment_logits, after.segment_logits)


def test_the_seed_alone_decides(model, choice, cohort):
    torch.manual_seed(99)  # the state of the outside generators must not matter
    np.random.seed(99)  # noqa: NPY002
    again = trained(choice, cohort)
    assert weight_bytes(again.network) == weight_bytes(model.network)


def test_people_outside_training_and_validation_change_nothing(model, choice, cohort, scales):
    split = split_of(cohort, scales)
    cases = [
        replace(c, tables=tuple(t.with_values(t.values * 3 + 1) for t in c.tables))
        if c.participant_id in split.test
        else c
        for c in cohort[0]
    ]
    references = [
        replace(r, scores={Condition.DEPRESSION: 24.0}) if r.participant_id in split.test else r
        for r in cohort[1]
    ]
    again = trained(choice, (cases, references), split)
    assert weight_bytes(again.network) == weight_bytes(model.network)


def test_missing_references_and_modalities_are_left_out(choice, cohort):
    """A third has no PCL-C, a third no rating, a third no face; every model still answers."""
    cases, references = [], []
    for index, (case, reference) in enumerate(zip(*cohort, strict=True)):
        lost = {1: Condition.PTSD, 2: Condition.AMBIVALENCE}.get(index % 3)
        scores = {key: value for key, value in reference.scores.items() if key != lost}
        moments = () if lost is Condition.AMBIVALENCE else reference.moments
        references.append(replace(reference, scores=scores, moments=moments))
        tables = tuple(
            t.with_values(np.full_like(t.values, np.nan))
            if t.modality is Modality.FACE and index % 3 == 0
            else t
            for t in case.tables
        )
        cases.append(replace(case, tables=tables))
    model = trained(choice, (cases, references))
    assert len(model.scales) == 3
    for case in cases[:6]:
        for raw in model.estimate(case):
            assert np.isfinite(raw.log_probabilities).all()


@pytest.mark.parametrize("name", sorted(SMALL))
def test_settings_are_read_from_conf(name, cohort):
    """Every file builds as it ships, on the tables that it names."""
    settings = OmegaConf.load(conf_folder() / "fusion" / f"{name}.yaml")
    assert set(settings.tables) == {"text", "voice", "face", "cross"}
    settings.tables = TABLES
    layout = FeatureLayout.from_cases(cohort[0][:1], TABLES)
    scales = build_list(OmegaConf.load(conf_folder() / "scales" / "default.yaml"))
    assert build(settings).network(layout, scales).scored
