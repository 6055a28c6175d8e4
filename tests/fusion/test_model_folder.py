"""Train small, write, load, estimate: the folder is whole, verified and says the same."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from clinic.config import build, build_list, compose
from clinic.errors import SetupError
from clinic.fusion import (
    ModelIdentity,
    SplitPlan,
    load_model,
    strata_of,
    train,
    verify,
    write_model_folder,
)
from clinic.fusion.training import weight_bytes
from clinic.records import Condition, Modality

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"], "cross": []}
PLAN = SplitPlan(validation_share=0.2, calibration_share=0.2, test_share=0.2, n_folds=0)
TEXTS = {"calibration.json": "{}\n", "card.md": "# card\n"}
IDENTITY = ModelIdentity(
    name="trial", version="1", trained_on="formulas", banner="Not for use.", licence="MIT"
)


def config_of(**overrides):
    config = compose(
        "train",
        ["tracking=none", "trainer.max_epochs=4", "fusion.n_members=2"],
        values={"store": "s", "labels": "l", "out": "o"},
    )
    config.fusion.tables = TABLES
    return config


def trained(cohort, choice: str = "fusion", seed: int = 0):
    config = config_of()
    cases, references = cohort
    scales = build_list(config.scales)
    return train(
        cases,
        references,
        recipe=build(config[choice]),
        scales=scales,
        split=PLAN.final(strata_of(references, scales[0]), 0),
        trainer=build(config.trainer),
        seed=seed,
        identity=IDENTITY,
    )


@pytest.fixture(scope="module")
def cohort(make_severity_cohort):
    return make_severity_cohort(80, 0)


@pytest.fixture(scope="module")
def model(cohort):
    return trained(cohort)


@pytest.fixture
def folder(model, tmp_path):
    place = tmp_path / "model"
    write_model_folder(place, model, config_of(), TEXTS)
    return place


def reseal(folder: Path) -> None:
    lines = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n"
        for p in sorted(folder.iterdir())
        if p.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def test_a_loaded_model_says_the_same(model, folder, cohort):
    loaded = load_model(folder)
    assert loaded.summary == model.summary
    assert loaded.summary.banner == "Not for use."
    for case in cohort[0][:3]:
        for before, after in zip(model.estimate(case), loaded.estimate(case), strict=True):
            np.testing.assert_array_equal(before.log_probabilities, after.log_probabilities)
            assert before.score == after.score
    np.testing.assert_allclose(loaded.background, model.background, rtol=1e-6)
    assert loaded.typical().shape == (15,)


def test_training_is_the_same_bit_for_bit_under_a_seed(model, cohort):
    torch.manual_seed(123)  # the state of the outside generator must not matter
    again = trained(cohort)
    assert weight_bytes(again.network) == weight_bytes(model.network)
    assert weight_bytes(trained(cohort, seed=1).network) != weight_bytes(model.network)


def test_outputs_agree_with_estimates(model, cohort):
    case = cohort[0][0]
    values = model.layout.values(case)[None]
    outputs = model.outputs(values, np.ones(values.shape[:2], dtype=bool))[0]
    assert model.output_names == ("depression", "ptsd", "ambivalence")
    depression, ptsd, ambivalence = model.estimate(case)
    assert outputs[0] == pytest.approx(depression.score, abs=1e-3)
    assert outputs[1] == pytest.approx(ptsd.score, abs=1e-3)
    logs = ambivalence.log_probabilities
    assert outputs[2] == pytest.approx(logs[1] - logs[0], abs=1e-4)


def test_segments_without_anything_observed_get_no_logit(model, cohort):
    case = cohort[0][0]
    tables = []
    for table in case.tables:
        values = table.values.copy()
        values[2] = np.nan
        tables.append(table.with_values(values))
    logits = model.estimate(replace(case, tables=tuple(tables)))[2].segment_logits
    assert np.isnan(logits[2])
    assert np.isfinite(np.delete(logits, 2)).all()


def test_every_subset_of_modalities_gives_an_estimate(model, cohort):
    case = cohort[0][0]
    for absent in (Modality.TEXT, Modality.VOICE, Modality.FACE):
        tables = tuple(
            t.with_values(np.full_like(t.values, np.nan)) if t.modality is absent else t
            for t in case.tables
        )
        for raw in model.estimate(replace(case, tables=tables)):
            assert np.isfinite(raw.log_probabilities).all()


def test_the_baseline_travels_the_same_way(cohort, tmp_path):
    config = config_of()
    config.fusion = OmegaConf.create(OmegaConf.to_container(config.baseline, resolve=True))
    baseline = trained(cohort, "baseline")
    write_model_folder(tmp_path / "model", baseline, config, TEXTS)
    loaded = load_model(tmp_path / "model")
    before, after = baseline.estimate(cohort[0][5]), loaded.estimate(cohort[0][5])
    assert before[0].score == after[0].score


def test_changed_weights_are_refused(folder):
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(SetupError, match=r"weights.safetensors has changed since training"):
        load_model(folder)


@pytest.mark.parametrize("name", ["features.json", "calibration.json", "card.md", "SHA256SUMS"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(SetupError, match=name):
        verify(folder)


def test_a_changed_feature_name_is_refused_at_the_first_case(folder, cohort):
    entries = json.loads((folder / "features.json").read_text())
    entries["columns"][7]["column"] = "loudness"
    (folder / "features.json").write_text(json.dumps(entries))
    reseal(folder)
    with pytest.raises(SetupError, match=r"background.parquet and features.json"):
        load_model(folder)


def test_weights_that_do_not_fit_are_refused(folder):
    entries = json.loads((folder / "features.json").read_text())
    entries["columns"].pop()
    (folder / "features.json").write_text(json.dumps(entries))
    reseal(folder)
    with pytest.raises(SetupError, match=r"does not fit features.json"):
        load_model(folder)


@pytest.mark.parametrize("part", ["fusion", "scales.depression", "fusion.optimiser"])
def test_settings_that_would_build_something_else_are_refused(folder, part):
    config = OmegaConf.load(folder / "config.yaml")
    OmegaConf.update(config, f"{part}._target_", "clinic.io.store.read_store")
    OmegaConf.save(config, folder / "config.yaml")
    reseal(folder)
    with pytest.raises(SetupError, match=r"names 'clinic.io.store.read_store'"):
        load_model(folder)


def test_no_place_and_no_participant_is_in_the_folder(folder, cohort):
    text = "".join(
        path.read_text(encoding="latin-1") for path in folder.iterdir() if path.is_file()
    )
    assert str(folder.parent) not in text
    assert not any(case.participant_id in text for case in cohort[0])
    assert "pickle" not in text


def test_a_place_taken_by_something_else_is_refused(model, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "thesis.docx").write_text("mine")
    with pytest.raises(SetupError, match="is no model folder"):
        write_model_folder(tmp_path / "model", model, config_of(), TEXTS)
    assert (tmp_path / "model" / "thesis.docx").is_file()


def test_an_older_model_is_replaced_whole(model, folder):
    (folder / "notes.txt").write_text("old")
    write_model_folder(folder, model, config_of(), TEXTS)
    assert not (folder / "notes.txt").exists()
    verify(folder)
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_only_training_participants_shape_the_network(cohort, model):
    """Changing everyone else's recordings and labels changes no weight."""
    cases, references = cohort
    split = PLAN.final(strata_of(references, model.scales[0]), 0)
    outside = split.calibration | split.test
    changed_cases = [
        replace(c, tables=tuple(t.with_values(t.values * 3 + 1) for t in c.tables))
        if c.participant_id in outside
        else c
        for c in cases
    ]
    changed_references = [
        replace(r, scores={Condition.DEPRESSION: 24.0}) if r.participant_id in outside else r
        for r in references
    ]
    config = config_of()
    again = train(
        changed_cases,
        changed_references,
        recipe=build(config.fusion),
        scales=build_list(config.scales),
        split=split,
        trainer=build(config.trainer),
        seed=0,
        identity=IDENTITY,
    )
    assert weight_bytes(again.network) == weight_bytes(model.network)
