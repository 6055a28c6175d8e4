"""Settings: a misspelt key stops the run, and only our own packages are built."""

import pytest
from omegaconf import OmegaConf

from clinic.config import build, compose, conf_folder, settings_digest
from clinic.errors import SetupError
from clinic.records import Condition


def test_an_unknown_key_stops_the_run_and_is_named():
    with pytest.raises(SetupError, match="wrokers"):
        compose("screen", ["wrokers=2"], values={"input": "in", "out": "out"})


def test_an_unknown_choice_stops_the_run():
    with pytest.raises(SetupError, match="nowhere"):
        compose("screen", ["report=nowhere"], values={"input": "in", "out": "out"})


def test_a_missing_value_is_named():
    with pytest.raises(SetupError, match="input"):
        compose("screen", [], values={"out": "out"})


def test_paths_with_hydra_grammar_in_them_are_taken_literally():
    config = compose("screen", [], values={"input": "a, b=[c] ${d}", "out": "out"})
    assert OmegaConf.to_container(config, resolve=False)["input"] == "a, b=[c] ${d}"


def test_the_digest_changes_with_any_setting_and_only_then():
    def digest(*overrides: str) -> str:
        return settings_digest(compose("screen", overrides, values={"input": "i", "out": "o"}))

    assert digest() == digest()
    assert digest() != digest("segmentation.max_segment_s=11.5")


@pytest.mark.parametrize("target", ["os.system", "subprocess.run", "builtins.eval"])
def test_configuration_cannot_build_foreign_code(target):
    with pytest.raises(SetupError, match="may not be built"):
        build(OmegaConf.create({"inner": {"_target_": target}, "_target_": "clinic.records.Scale"}))


def test_an_argument_that_the_constructor_does_not_know_is_a_setup_error():
    config = compose("screen", [], values={"input": "i", "out": "o"})
    broken = OmegaConf.merge(config.quality, {})
    OmegaConf.set_struct(broken, False)
    broken["speach_s"] = 1
    with pytest.raises(SetupError, match="speach_s"):
        build(broken)


@pytest.mark.parametrize("choice", ["default", "trimodal_replication"])
def test_shipped_scales_build_and_hold_the_published_edges(choice):
    config = OmegaConf.load(conf_folder() / "scales" / f"{choice}.yaml")
    depression = build(config.depression)
    assert depression.condition is Condition.DEPRESSION
    assert [depression.band_of(s) for s in (0, 4.6, 5, 9.99, 10, 20, 24)] == [0, 0, 1, 1, 2, 4, 4]
    with pytest.raises(ValueError, match="needed"):
        depression.band_of(24.1)
