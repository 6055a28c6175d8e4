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
    ("overrides", "words"),
    [
        (("seed=-1",), r"\(seed\)"),
        (("media=hd",), r"simulate/media@media=hd"),
        (("interview.n_topics=many",), r"\(n_topics\)"),
        (("effects.smile.depression=0.8", "+effects.smile.ptsd=0.8"), "squares"),
        (("effects=none",), "simulate/effects@effects=none"),
        (("interview.n_topics=0",), r"\(n_topics\)"),
        (("n_participants=-2",), r"\(n_participants\)"),
        (
            (
                "n_participants=2",
                "workers=-1",
            ),
            r"\(workers\)",
        ),
        (("media.n_channels=3",), r"\(n_channels\)"),
        (("media.width_px=33",), r"\(width_px\)"),
        (("media.frame_rate_hz=0",), r"\(frame_rate_hz\)"),
        (("media.preset=bogus",), r"\(preset\)"),
        (("media.audio_rate_hz=12345",), r"\(audio_rate_hz\)"),
        (("population.ambivalence_share=0",), r"\(ambivalence_share\)"),
        (("population.ambivalence_share=1",), r"\(ambivalence_share\)"),
        (("population.ptsd_correlation=1.5",), r"\(ptsd_correlation\)"),
        (("population.thresholds=[]",), r"thresholds"),
        (("population.thresholds=[2.6,1.7,0.6]",), r"thresholds"),
        (("population.female_share=2",), r"\(female_share\)"),
        (("effects.smile.minimum=5",), r"minimum below"),
        (("effects.smile.depression=1.5",), r"\(depression\)"),
        (("interview.conflicts.share=2",), r"\(share\)"),
        (
            ("interview.voices={female:[en-us+zzz],male:[en-us+zzz]}",),
            r"no voice 'en-us\+zzz' \(voices\)",
        ),
    ],
)
def test_settings_out_of_range_are_setup_errors(tmp_path, overrides, words):
    with pytest.raises(SetupError, match=words):
        run(tmp_path / "out", *overrides)
