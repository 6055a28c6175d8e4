"""Promises that every study under ``conf/validate`` keeps."""

import pytest
from omegaconf import OmegaConf

from clinic.config import build, compose, conf_folder

CHOICES = sorted(path.stem for path in (conf_folder() / "validate").glob("*.yaml"))


@pytest.fixture(scope="module")
def config():
    return compose("validate", values={"data": "data", "out": "out"})


def test_every_study_there_is_runs_by_default(config):
    assert sorted(config.studies) == CHOICES


def test_every_study_stands_in_the_index(config):
    shown = [name for names in config.modalities.values() for name in names]
    assert sorted(shown) == CHOICES


@pytest.mark.parametrize("choice", CHOICES)
def test_a_study_builds_and_says_what_it_needs_and_compares(config, choice):
    study = build(config.studies[choice])
    assert study.name == choice
    assert len(study.about) > 200 and len(study.title) > 5
    assert all(isinstance(name, str) and name for name in study.needs)
    assert not any(name.startswith("/") or ".." in name for name in study.needs)


@pytest.mark.parametrize("choice", CHOICES)
def test_what_decides_a_number_by_chance_has_a_seed(config, choice):
    settings = OmegaConf.to_container(config.studies[choice], resolve=True)
    assert isinstance(settings["seed"], int)
