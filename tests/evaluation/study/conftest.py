"""A small simulated cohort and two quick models."""

from collections.abc import Callable

import pytest
from omegaconf import OmegaConf

from clinic.config import build, build_list, conf_folder
from clinic.evaluation.study import FusionContender, StudyData
from clinic.simulate.features import simulate_cases

TABLES = {"text": ["simulated_text"], "voice": ["simulated_voice"], "face": ["simulated_face"]}


def loaded(group: str, choice: str) -> object:
    return OmegaConf.load(conf_folder() / group / f"{choice}.yaml")


@pytest.fixture(scope="session")
def scales() -> tuple:
    return build_list(loaded("scales", "default"))


@pytest.fixture(scope="session")
def data() -> StudyData:
    return StudyData.of(*simulate_cases(100, 3), attributes=["sex"])


@pytest.fixture(scope="session")
def make_contender(scales) -> Callable[..., FusionContender]:
    def make(choice: str, tables: dict | None = None, max_epochs: int = 3, **changes):
        settings = loaded("fusion", choice)
        settings.tables = tables or TABLES
        for key, value in changes.items():
            settings[key] = value
        trainer = loaded("trainer", "cpu")
        trainer.max_epochs = max_epochs
        return FusionContender(
            recipe=build(settings),
            scales=scales,
            fitter=build(loaded("calibration", "default")),
            trainer=build(trainer),
        )

    return make
