"""Boosted trees on statistics: what they find, what they keep, what they do not pretend."""

import hashlib

import numpy as np
import pytest
import torch
import xgboost
from omegaconf import OmegaConf
from safetensors.torch import load, save
from sklearn.metrics import roc_auc_score

from clinic.config import build, build_list, compose, conf_folder
from clinic.errors import SetupError
from clinic.fusion import (
    ModelIdentity,
    SplitPlan,
    load_model,
    strata_of,
    train,
    write_model_folder,
)
from clinic.fusion.boosting import LabelledRows, inverse_frequency
from clinic.fusion.pooling import recording_statistics
from clinic.fusion.trimodal_early import statistics
from clinic.records import Condition, Reference

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}
PLAN = SplitPlan(validation_share=0.2, calibration_share=0.0, test_share=0.4, n_folds=0)
IDENTITY = ModelIdentity(name="t", version="1", trained_on="formulas", banner="", licence="MIT")


def settings_of(choice: str = "trimodal_early", **changes):
    settings = OmegaConf.load(conf_folder() / "fusion" / f"{choice}.yaml")
    if choice == "trimodal_early":
        changes = {"n_trees": 150, "n_seeds": 2, "patience": 20} | changes
    return OmegaConf.merge(settings, changes, {"tables": TABLES})


def trained(cohort, scales, choice: str = "trimodal_early", **changes):
    rated = next(scale for scale in scales if scale.is_rating)
    split = PLAN.final(strata_of(cohort[1], rated), 0)
    model = train(
        *cohort,
        recipe=build(settings_of(choice, **changes)),
        scales=scales,
        split=split,
        trainer=lambda **_: None,
        seed=0,
        identity=IDENTITY,
    )
    return model, [case for case in cohort[0] if case.participant_id in split.test]


def auc_of(model, tested, references) -> float:
    truth = {r.recording_id: r.scores[Condition.AMBIVALENCE] for r in references}
    said = [model.estimate(case)[-1].log_probabilities[1] for case in tested]
    return float(roc_auc_score([truth[case.recording_id] for case in tested], said))


@pytest.fixture(scope="module")
def make_rated(make_case):
    def make(n: int, seed: int, shape, prevalence: float = 0.5):
        """A/H is what ``shape(shown, random)`` gives two text columns, the rest is noise."""
        random = np.random.default_rng(seed)
        cases, references = [], []
        for index in range(n):
            shown = bool(random.uniform() < prevalence)
            text, voice, face = (0.3 * random.normal(size=(6, 2)) for _ in range(3))
            text = text + shape(shown, random)
            name = f"p{index:03d}"
            cases.append(make_case(f"r{index:03d}", name, text, voice, face))
            references.append(
                Reference(
                    recording_id=f"r{index:03d}",
                    participant_id=name,
                    scores={Condition.AMBIVALENCE: float(shown)},
                )
            )
        return cases, references

    return make


def exclusive_or(shown: bool, random: np.random.Generator) -> np.ndarray:
    """Two columns of the same sign where it is shown, of opposite signs where it is not."""
    first = random.choice([-1.0, 1.0])
    return np.array([first, first if shown else -first])


def test_an_interaction_is_found_that_no_linear_model_sees(make_rated, scales):
    cohort = make_rated(240, 1, exclusive_or)
    assert auc_of(*trained(cohort, scales), cohort[1]) > 0.9
    linear = auc_of(*trained(cohort, scales, "pooled_linear"), cohort[1])
    assert abs(linear - 0.5) < 0.15


def lost_or_zero(shown: bool, random: np.random.Generator) -> np.ndarray:
    """Not observed where it is shown; where it is not, values around zero."""
    return np.array([np.nan if shown else 0.0, 0.0])


def test_not_observed_is_something_other_than_zero(make_rated, scales):
    cohort = make_rated(160, 2, lost_or_zero)
    assert auc_of(*trained(cohort, scales), cohort[1]) > 0.95


def test_statistics_agree_with_numpy():
    random = np.random.default_rng(0)
    values = (3 + 50 * random.normal(size=(4, 9, 5))).astype(np.float32)
    values[random.uniform(size=values.shape) < 0.3] = np.nan
    values[0, :, 2] = np.nan
    values[1, 1:, 3], values[1, 0, 3] = np.nan, 7.0
    mask = np.ones((4, 9), dtype=bool)
    mask[2, 5:] = False
    found = statistics(torch.from_numpy(values), torch.from_numpy(mask))
    for row in range(4):
        rows = values[row][mask[row]].astype(float)
        for column in range(5):
            seen = rows[~np.isnan(rows[:, column]), column]
            mean = seen.mean() if len(seen) else np.nan
            deviation = seen.std() if len(seen) > 1 else np.nan
            assert found[row, column] == pytest.approx(mean, rel=1e-6, nan_ok=True)
            assert found[row, 5 + column] == pytest.approx(deviation, rel=1e-5, nan_ok=True)
    assert np.isnan(found[0, [2, 7]]).all()
    assert found[1, 3] == 7.0
    assert np.isnan(found[1, 8])


def test_a_large_offset_does_not_swallow_the_deviation():
    values = torch.tensor([[1e4 + 0.5], [1e4 - 0.5]])[None]
    found = recording_statistics(values, torch.ones(1, 2, 1, dtype=torch.bool))
    assert found[0, 1].item() == pytest.approx(0.5)


def test_every_band_that_occurs_weighs_the_same():
    rows = LabelledRows(
        x=np.zeros((6, 1), dtype=np.float32),
        bands=np.array([0, 0, 0, 0, 2, 2]),
        weights=np.array([1.0, 1.0, 0.5, 0.5, 1.0, 1.0]),
    )
    weights = inverse_frequency(rows, np.array([3.0, 0.0, 2.0]))
    assert weights[:4].sum() == pytest.approx(weights[4:].sum())
    assert weights.mean() == pytest.approx(1)
    assert weights[0] == pytest.approx(2 * weights[2])


def nothing(shown: bool, random: np.random.Generator) -> np.ndarray:
    return np.zeros(2)


def test_probabilities_are_brought_back_to_how_common_it_is(make_rated, scales):
    """One in five; balanced trees speak as if it were one in two."""
    cohort = make_rated(300, 3, nothing, prevalence=0.2)
    means = []
    for restored in (True, False):
        model, tested = trained(cohort, scales, restore_prevalence=restored)
        means.append(
            np.mean([np.exp(model.estimate(case)[-1].log_probabilities[1]) for case in tested])
        )
    truth = {r.recording_id: r.scores[Condition.AMBIVALENCE] for r in cohort[1]}
    share = np.mean([truth[case.recording_id] for case in tested])
    assert abs(means[0] - share) < 0.07
    assert abs(means[1] - 0.5) < 0.07


def booster_of(model, place: int = 0) -> xgboost.Booster:
    stored = model.network.recording_trees(Condition.AMBIVALENCE).boosters[place]
    booster = xgboost.Booster()
    booster.load_model(bytearray(stored.content.numpy().tobytes()))
    return booster


def test_the_network_says_the_mean_of_its_boosters(make_rated, scales):
    cohort = make_rated(160, 4, exclusive_or)
    model, tested = trained(cohort, scales, restore_prevalence=False, n_seeds=3)
    values = torch.tensor(model.layout.values(tested[0]), dtype=torch.float32)[None]
    mask = torch.ones(values.shape[:2], dtype=torch.bool)
    matrix = xgboost.DMatrix(statistics(values, mask))
    said = [booster_of(model, place).predict(matrix)[0, 1] for place in range(3)]
    assert len(set(said)) == 3  # seeds differ
    with torch.inference_mode():
        found = model.network(values, mask).ratings[Condition.AMBIVALENCE].item()
    assert found == pytest.approx(float(np.mean(said)), abs=1e-6)


def test_growing_stops_on_validation_participants(make_rated, scales):
    """Labels that say nothing stop it at once; a smaller limit is kept to."""
    clear = booster_of(trained(make_rated(300, 4, exclusive_or), scales)[0])
    chance = booster_of(trained(make_rated(300, 4, nothing), scales)[0])
    assert chance.num_boosted_rounds() < 30 < clear.num_boosted_rounds() <= 150
    short = booster_of(trained(make_rated(300, 4, exclusive_or), scales, n_trees=7)[0])
    assert short.num_boosted_rounds() == 7


def test_single_segments_with_ambivalence_are_found(make_severity_cohort, scales):
    cases, references = make_severity_cohort(100, 0)
    model, tested = trained((cases, references), scales)
    truth = {r.recording_id: [m.shown for m in r.moments] for r in references}
    labels = np.concatenate([truth[case.recording_id] for case in tested])
    logits = np.concatenate([model.estimate(case)[-1].segment_logits for case in tested])
    assert roc_auc_score(labels, logits) > 0.9


def test_without_rated_segments_every_segment_gets_the_average(make_rated, scales):
    model, tested = trained(make_rated(120, 5, exclusive_or), scales)
    logits = model.estimate(tested[0])[-1].segment_logits
    np.testing.assert_allclose(logits, 0.0, atol=1e-6)


def folder_of(model, place):
    config = compose(
        "train",
        ["fusion=trimodal_early", "tracking=none"],
        values={"store": "s", "labels": "l", "out": "o"},
    )
    config.fusion = settings_of()
    texts = {"calibration.json": "{}\n", "card.md": "# card\n"}
    write_model_folder(place, model, config, texts)
    return place


def reseal(folder) -> None:
    lines = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n"
        for p in sorted(folder.iterdir())
        if p.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def test_boosters_survive_the_folder_bit_for_bit(make_severity_cohort, tmp_path):
    cohort = make_severity_cohort(60, 0)
    scales = build_list(OmegaConf.load(conf_folder() / "scales" / "default.yaml"))
    model, tested = trained(cohort, scales, n_trees=30)
    loaded = load_model(folder_of(model, tmp_path / "model"))
    kept, again = model.network.state_dict(), loaded.network.state_dict()
    names = [name for name in kept if name.endswith("content")]
    assert len(names) == 3 * 2 + 1
    for name in names:
        assert kept[name].dtype is torch.uint8
        assert len(kept[name]) > 0
        assert torch.equal(kept[name], again[name])
    for before, after in zip(model.estimate(tested[0]), loaded.estimate(tested[0]), strict=True):
        np.testing.assert_array_equal(before.log_probabilities, after.log_probabilities)


@pytest.mark.parametrize("junk", [b"junk" * 20, b"{}", b"\x80\x04K\x01."])
def test_bytes_that_are_no_booster_are_refused(make_rated, scales, tmp_path, junk):
    """Also a pickle: it is read as trees and nothing else."""
    model, _ = trained(make_rated(60, 6, exclusive_or), scales, n_trees=5)
    folder = folder_of(model, tmp_path / "model")
    tensors = load((folder / "weights.safetensors").read_bytes())
    name = next(name for name in tensors if name.endswith("content"))
    tensors[name] = torch.frombuffer(bytearray(junk), dtype=torch.uint8)
    (folder / "weights.safetensors").write_bytes(save(tensors))
    reseal(folder)
    with pytest.raises(SetupError, match="holds no booster"):
        load_model(folder)


def test_a_missing_library_is_named_before_anything_is_read(monkeypatch):
    monkeypatch.setattr("clinic.extras.is_present", lambda module: module != "xgboost")
    with pytest.raises(SetupError, match="xgboost is not installed: pip install 'xgboost"):
        build(settings_of())
