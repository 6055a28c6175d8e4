"""A setting that cannot work is one clear line that names it, before or while the first is made."""

import pytest

from clinic.config import build, compose
from clinic.errors import SetupError
from clinic.simulate import CohortWriter
from pipelines import simulate

#: What one interview of stamp size needs, so that a bad setting that slips through costs little.
TINY = (
    *("media.width_px=32", "media.height_px=32", "media.frame_rate_hz=1", "media.preset=ultrafast"),
    *("interview.n_topics=1", "n_participants=1", "workers=0"),
)


def run(out, *overrides):
    config = compose("simulate", [*TINY, *overrides], values={"out": str(out)})
    writer = CohortWriter(
        simulator=build(config.interview),
        n_participants=config.n_participants,
        workers=config.workers,
    )
    return writer.write(out, lambda _: None)


def refused_unclearly(*overrides, reason):
    """A bad setting for which the program has no line of its own yet."""
    return pytest.param(
        overrides, marks=pytest.mark.xfail(strict=True, reason=reason), id=" ".join(overrides)
    )


def test_the_settings_that_are_bent_below_do_work(tmp_path):
    assert run(tmp_path / "out") == 1


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("population.nope=1", "population.nope"),
        ("simulate/media@media=giant", "giant"),
        ("simulate/effects@effects=wishful", "wishful"),
        ("interview.voices={female:[zz],male:[zz]}", r"no voice 'zz' \(voices\)"),
        ("speaking.interviewer_voice=zz", r"no voice 'zz' \(voices\)"),
    ],
)
def test_a_bad_setting_is_a_setup_error_that_names_it(tmp_path, override, words):
    with pytest.raises(SetupError, match=words):
        run(tmp_path / "out", override)


def test_an_unknown_level_is_named(tmp_path):
    config = compose("simulate", ["level=film"], values={"out": str(tmp_path)})
    with pytest.raises(SetupError, match=r"level film, media or features needed \(level\)"):
        simulate.run(config)


@pytest.mark.parametrize(
    "overrides",
    [
        refused_unclearly("seed=-1", reason="ValueError of NumPy"),
        refused_unclearly("media=hd", reason="AttributeError: simulate/media@media=hd was meant"),
        refused_unclearly("interview.n_topics=many", reason="TypeError"),
        refused_unclearly("interview.n_topics=0", reason="ValueError where A/H is shown"),
        refused_unclearly("n_participants=-2", reason="an empty cohort is written"),
        refused_unclearly("n_participants=2", "workers=-1", reason="ValueError of the pool"),
        refused_unclearly("media.n_channels=3", reason="mono is written"),
        refused_unclearly("media.width_px=33", reason="ExternalError of x264"),
        refused_unclearly("media.frame_rate_hz=0", reason="ZeroDivisionError"),
        refused_unclearly("media.preset=bogus", reason="ArgumentError of x264"),
        refused_unclearly("media.audio_rate_hz=12345", reason="ArgumentError of the AAC coder"),
        refused_unclearly("population.ambivalence_share=0", reason="division by zero in log"),
        refused_unclearly("population.ambivalence_share=1", reason="ZeroDivisionError"),
        refused_unclearly("population.ptsd_correlation=1.5", reason="NaN for a severity"),
        refused_unclearly("population.thresholds=[]", reason="IndexError"),
        refused_unclearly("population.thresholds=[2.6,1.7,0.6]", reason="accepted"),
        refused_unclearly("population.female_share=2", reason="accepted"),
        refused_unclearly("effects.smile.minimum=5", reason="above the maximum, accepted"),
        refused_unclearly("effects.smile.depression=1.5", reason="squares above 1, accepted"),
        refused_unclearly("interview.conflicts.share=2", reason="accepted"),
        refused_unclearly(
            "interview.voices={female:[en-us+zzz],male:[en-us+zzz]}",
            reason="espeak speaks with its plain voice and says nothing",
        ),
    ],
)
def test_settings_out_of_range_are_setup_errors(tmp_path, overrides):
    with pytest.raises(SetupError):
        run(tmp_path / "out", *overrides)
