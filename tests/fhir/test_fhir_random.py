"""Whatever a result holds, its bundle passes the classes and the lint, or the id is refused."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clinic.fhir import lint, to_text
from clinic.fhir.gate import structure_errors
from clinic.records import (
    Condition,
    QualityCheck,
    QualityState,
    SafetyNotice,
    Scale,
    SeverityEstimate,
    Withheld,
)

#: Any code point, lone surrogates and controls included, and what markup is made of.
TEXT = st.text(st.characters(categories=None), max_size=30) | st.sampled_from(
    ["", " ", "<b>&amp;</b>", "]]>", "\x00", "\u202e", "\ufeff", "\ud800", "\ufffe", "local:report"]
)
UNIT = st.floats(0, 1)
ZONES = st.builds(timezone, st.builds(timedelta, seconds=st.integers(-50_000, 50_000)))
ANY_NUMBER = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@st.composite
def scales(draw, condition):
    if condition is Condition.AMBIVALENCE:
        low, high, starts = 0.0, 1.0, [0.0, 1.0]
    else:
        low = float(draw(st.integers(-20, 20)))
        n_bands = draw(st.integers(2, 6))
        steps = draw(st.lists(st.integers(1, 20), min_size=n_bands - 1, max_size=n_bands - 1))
        starts = [low]
        for step in steps:
            starts.append(starts[-1] + step)
        high = starts[-1] + draw(st.integers(1, 20))
    return Scale(
        condition=condition,
        name=draw(TEXT),
        minimum=low,
        maximum=high,
        band_names=draw(st.lists(TEXT, min_size=len(starts), max_size=len(starts))),
        band_starts=starts,
        cutoff=draw(st.sampled_from(starts)),
        note=draw(TEXT),
        source=draw(TEXT),
    )


@st.composite
def settled(draw, condition):
    scale = draw(scales(condition))
    if draw(st.booleans()):
        return Withheld(scale=scale, reason=draw(TEXT))
    weights = draw(
        st.lists(st.integers(0, 10**6), min_size=scale.n_bands, max_size=scale.n_bands).filter(any)
    )
    score = interval = None
    if not scale.is_rating:
        width = scale.maximum - scale.minimum
        marks = sorted(draw(st.lists(UNIT, min_size=3, max_size=3)))
        points = [min(scale.minimum + mark * width, scale.maximum) for mark in marks]
        score, interval = points[1], (points[0], points[2])
    first = draw(st.integers(0, scale.n_bands - 1))
    last = draw(st.integers(first, scale.n_bands - 1))
    return SeverityEstimate(
        scale=scale,
        probabilities=tuple(weight / sum(weights) for weight in weights),
        score=score,
        interval=interval,
        coverage=draw(st.floats(0.01, 0.999)),
        plausible_bands=tuple(range(first, last + 1)),
    )


CHECKS = st.builds(
    QualityCheck,
    name=TEXT,
    value=ANY_NUMBER,
    unit=TEXT,
    threshold=TEXT,
    state=st.sampled_from(QualityState),
    effect=TEXT,
    setting=TEXT,
)
NOTICES = st.builds(
    SafetyNotice,
    start_s=st.floats(0, 1e4),
    end_s=st.floats(0, 1e4),
    quote=TEXT,
    phrase=TEXT,
)


@st.composite
def changes(draw):
    """What is different about a result; texts for two moments of disagreement."""
    asked = draw(st.lists(st.sampled_from(list(Condition)), unique=True))
    return {
        "estimates": tuple(draw(settled(condition)) for condition in asked),
        "quality": tuple(draw(st.lists(CHECKS, max_size=3))),
        "safety": tuple(draw(st.lists(NOTICES, max_size=2))),
        "notes": tuple(draw(st.lists(TEXT, max_size=2))),
        "visit_date": draw(st.none() | st.dates()),
        "created_at": draw(st.datetimes(min_value=datetime(1970, 1, 1), timezones=ZONES)),
    }


def test_every_result_gives_a_sound_bundle(make_writer, results, pdf):
    writers = {True: make_writer("research", "quotes=true"), False: make_writer()}

    @given(
        name=st.sampled_from(["all scored", "text alone", "all withheld"]),
        changed=changes(),
        words=st.lists(TEXT, min_size=6, max_size=6),
        quotes=st.booleans(),
    )
    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        derandomize=True,
        database=None,
        # Shrinking a whole result takes minutes; the failing one is printed as it is.
        phases=(Phase.explicit, Phase.generate),
    )
    def check(name, changed, words, quotes):
        result = with_words(replace(results[name], **changed), words)
        bundle = json.loads(to_text(writers[quotes].bundle(result, pdf)).encode("utf-8"))
        assert structure_errors(bundle) == []
        assert lint(bundle) == []
        withheld = [item for item in result.estimates if isinstance(item, Withheld)]
        reasons = [
            entry["resource"]["dataAbsentReason"]["text"]
            for entry in bundle["entry"]
            if "dataAbsentReason" in entry["resource"]
        ]
        assert sum(reason.startswith("Withheld: ") for reason in reasons) == len(withheld)

    check()


def with_words(result, words):
    """Put random text where a result holds words of people, of us and of a model's maker."""
    signals = result.inconsistency
    evidence = tuple(
        replace(item, quote=words[0], kind=words[1], sentence=words[2])
        for item in signals.evidence[:1]
    )
    return replace(
        result,
        inconsistency=replace(signals, evidence=evidence),
        model=replace(result.model, banner=words[3], name=words[4], licence=words[5]),
    )
