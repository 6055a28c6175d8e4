"""Promises that every choice of ``conf/fusion`` keeps, whatever its idea."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.config import build, build_list, conf_folder
from clinic.fusion import (
    ModelIdentity,
    SplitPlan,
    load_model,
    strata_of,
    train,
    write_model_folder,
)
from clinic.records import Case
from clinic.simulate.features import simulate_cases

TABLES = {
    "text": ["simulated_text"],
    "voice": ["simulated_voice"],
    "face": ["simulated_face"],
    "cross": [],
}
IDENTITY = ModelIdentity(name="t", version="1", trained_on="formulas", banner="", licence="MIT")
PLAN = SplitPlan(validation_share=0.2, calibration_share=0.0, test_share=0.2, n_folds=0)
#: Smaller than shipped, so that a fit takes a second; the idea stays.
SMALL = {"n_members": 1, "n_seeds": 1, "n_trees": 20, "patience": 2}
CHOICES = sorted(path.stem for path in (conf_folder() / "fusion").glob("*.yaml"))


def settings_of(choice: str):
    settings = OmegaConf.load(conf_folder() / "fusion" / f"{choice}.yaml")
    settings.tables = TABLES
    for key, value in SMALL.items():
        if key in settings:
            settings[key] = value
    if "bias_tables" in settings:
        settings.bias_tables = ["simulated_text"]
    if "items" in settings:
        settings.items = []
    return settings


def scale_settings():
    return OmegaConf.load(conf_folder() / "scales" / "default.yaml")


@pytest.fixture(scope="module")
def cohort():
    return simulate_cases(60, 4, n_features=5)


def trained(choice: str, cohort, scales, seed: int = 3):
    cases, references = cohort
    trainer = OmegaConf.load(conf_folder() / "trainer" / "cpu.yaml")
    trainer.max_epochs = 2
    return train(
        cases,
        references,
        recipe=build(settings_of(choice)),
        scales=scales,
        split=PLAN.final(strata_of(references, scales[0]), 0),
        trainer=build(trainer),
        seed=seed,
        identity=IDENTITY,
    )


@pytest.fixture(scope="module", params=CHOICES)
def choice(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(choice, cohort):
    return trained(choice, cohort, build_list(scale_settings()))


def numbers(model, cases) -> list[np.ndarray]:
    return [
        np.append(raw.log_probabilities, raw.score if raw.score is not None else 0.0)
        for row in model.estimates(cases)
        for raw in row
    ]


def same(one, other, tolerance: float = 0.0) -> bool:
    return all(np.allclose(a, b, atol=tolerance) for a, b in zip(one, other, strict=True))


def test_the_folder_gives_the_same_estimates(choice, model, cohort, tmp_path: Path):
    config = OmegaConf.create({"fusion": settings_of(choice), "scales": scale_settings()})
    texts = {"calibration.json": "{}\n", "card.md": "made up\n"}
    write_model_folder(tmp_path / "model", model, config, texts)
    again = load_model(tmp_path / "model")
    assert same(numbers(model, cohort[0][:6]), numbers(again, cohort[0][:6]))


def test_the_seed_decides(choice, model, cohort):
    again = trained(choice, cohort, build_list(scale_settings()))
    assert again.summary.weights_sha256 == model.summary.weights_sha256


def test_company_in_a_batch_changes_nothing(model, cohort):
    together = numbers(model, cohort[0][:8])
    alone = [row for case in cohort[0][:8] for row in numbers(model, [case])]
    assert same(together, alone, tolerance=2e-4)


def without(case: Case, *names: str) -> Case:
    return replace(
        case,
        tables=tuple(
            replace(t, values=np.full_like(t.values, np.nan), coverage=0 * t.coverage)
            if t.name in names
            else t
            for t in case.tables
        ),
    )


@pytest.mark.parametrize("absent", [1, 2, 3])
def test_absent_modalities_give_an_answer_on_the_scale(model, cohort, absent: int):
    names = ["simulated_text", "simulated_voice", "simulated_face"]
    for gone in (names[:absent], names[3 - absent :]):
        for row in model.estimates([without(case, *gone) for case in cohort[0][:4]]):
            for raw in row:
                assert np.isfinite(raw.log_probabilities).all()
                assert np.exp(raw.log_probabilities).sum() == pytest.approx(1, abs=1e-5)
                assert raw.score is None or raw.scale.minimum <= raw.score <= raw.scale.maximum


def test_nothing_observed_is_the_same_answer_for_everybody(model, cohort):
    nobody = [without(c, *(t.name for t in c.tables)) for c in cohort[0][:6]]
    found = numbers(model, nobody)
    n_scales = len(model.scales)
    for place in range(n_scales):
        answers = found[place::n_scales]
        assert same(answers[1:], answers[:1] * (len(answers) - 1), tolerance=1e-5)


@pytest.mark.parametrize("place", [0, 2], ids=["score alone", "rating alone"])
def test_one_target_alone_can_be_learnt(choice, cohort, place: int):
    model = trained(choice, cohort, build_list(scale_settings())[place : place + 1])
    for (raw,) in model.estimates(cohort[0][:3]):
        assert np.exp(raw.log_probabilities).sum() == pytest.approx(1, abs=1e-5)
