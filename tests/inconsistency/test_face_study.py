"""The studies of the face and of timing run on what is at hand and say what they measured."""

from pathlib import Path

import numpy as np
import pytest

from clinic.config import build, compose
from clinic.validation.face.news import clip_means
from clinic.validation.face.study import FaceAffect
from clinic.validation.timing.study import LagsOverTime


@pytest.fixture(scope="module")
def studies() -> tuple[FaceAffect, LagsOverTime]:
    values = {"data": "data", "out": "out"}
    changes = ["studies.timing.n_interviews=4", "studies.timing.durations_s=[300.0]",
               "studies.timing.couplings=[0.0,0.4]", "studies.timing.n_draws=50",
               "studies.face.n_draws=50"]  # fmt: skip
    config = compose("validate", changes, values=values).studies
    return build(config.face), build(config.timing)


def test_the_shipped_reader_tells_good_from_bad_news(
    shared_data: Path, studies: tuple[FaceAffect, LagsOverTime]
) -> None:
    """One actor: areas and correlations against what py-feat's own columns say."""
    findings = {f.what: f for f in studies[0].run(shared_data).findings}
    assert findings["good against bad news, valence, area"].value > 0.9
    assert findings["valence against py-feat's, r over frames"].value > 0.8
    assert findings["joy against py-feat's, r over frames"].value > 0.9
    for untold in ("anger", "disgust"):
        assert np.isnan(findings[f"{untold} against py-feat's, r over frames"].value)


def test_clip_means_are_those_of_each_clip() -> None:
    values = np.array([1.0, 2.0, 5.0, 3.0])
    np.testing.assert_allclose(clip_means(values, np.array(["b", "a", "b", "a"])), [2.5, 3.0])


def test_a_planted_lag_comes_back_and_missing_interviews_are_named(
    tmp_path: Path, studies: tuple[FaceAffect, LagsOverTime]
) -> None:
    result = studies[1].run(tmp_path)
    near = next(f for f in result.findings if f.what.startswith("planted lag found"))
    assert near.value == 1.0
    chance = result.findings[0]
    assert (chance.n, chance.reference) == (4, 0.05)
    assert result.untested[0].startswith("extracted interviews: no two with frames")
