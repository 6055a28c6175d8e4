"""The whole component on tables with planted disagreement."""

import dataclasses
import time

import numpy as np
import pytest
from omegaconf import OmegaConf
from scipy.stats import mannwhitneyu

from clinic.config import build
from clinic.errors import SetupError
from clinic.inconsistency import CrossModalInconsistency
from clinic.records import Modality, Stamp
from clinic.records.inconsistency import InconsistencyMeasure

N = 60
PLANTED = (10, 25, 40)


@pytest.fixture(scope="module")
def drawn() -> dict[str, np.ndarray]:
    """Affect that all modalities share, with noise of their own, and planted disagreement."""
    random = np.random.default_rng(11)
    drawn = {name: random.normal(size=N) for name in ("text", "arousal", "voice", "face")}
    for i in PLANTED:
        drawn["text"][i], drawn["voice"][i], drawn["face"][i] = -3.5, -3.5, 0.0
    return drawn


@pytest.fixture(scope="module")
def tables(drawn, make, coefficients):
    return [
        make.words(drawn["text"], drawn["arousal"], coefficients),
        make.voice(drawn["voice"]),
        make.face(drawn["face"]),
    ]


def test_it_is_an_inconsistency_measure(component: CrossModalInconsistency) -> None:
    measure: InconsistencyMeasure = component
    assert measure.stamp().weights_sha256 is not None


def test_planted_moments_are_found_and_said_in_plain_words(component, make, tables) -> None:
    signals = component.measure(make.segments(N), tables, 5.0 * N)
    calm = [e for e in signals.evidence if e.kind == "negative_words_calm_voice"]
    assert {round(e.start_s / 5) for e in calm} == set(PLANTED)
    first = calm[0]
    assert first.quote == "these are some words"
    assert [r.modality for r in first.readings] == [Modality.TEXT, Modality.VOICE]
    assert "the words are more negative than this person's usual" in first.sentence
    assert "the voice is calmer than usual" in first.sentence
    assert all(r.confidence == 1.0 for r in first.readings)


def test_columns_tell_planted_from_other_segments(component, make, tables) -> None:
    signals = component.measure(make.segments(N), tables, 5.0 * N)
    value = signals.segments.column("negative_words_calm_voice")
    is_planted = np.isin(np.arange(N), PLANTED)
    auc = mannwhitneyu(value[is_planted], value[~is_planted]).statistic / (3 * (N - 3))
    assert auc > 0.99


def test_affect_comes_back_in_the_order_in_which_it_was_drawn(
    component, make, tables, drawn
) -> None:
    affect = component.measure(make.segments(N), tables, 5.0 * N).affect
    for column, name in (
        ("text_valence", "text"),
        ("text_arousal", "arousal"),
        ("voice_arousal", "voice"),
        ("face_valence", "face"),
        ("face_smile", "face"),
    ):
        found = affect.column(column)
        inside = np.abs(found) < 5.0
        assert np.corrcoef(found[inside], drawn[name][inside])[0, 1] > 0.999


def test_an_absent_modality_is_nan_everywhere_it_takes_part(component, make, tables) -> None:
    signals = component.measure(make.segments(N), tables[:2], 5.0 * N)
    for name in signals.segments.columns:
        if "face" in name or "smile" in name:
            assert np.isnan(signals.segments.column(name)).all(), name
    for name in (
        "arousal_voice_minus_text",
        "arousal_voice_text_apart",
        "positive_words_sad_voice",
    ):
        assert np.isfinite(signals.segments.column(name)).all(), name
    assert np.isnan(signals.segments.column("learned_inconsistency")).all()
    assert any("face was not read" in note for note in signals.segments.notes)
    assert np.isnan(signals.summary.column("smile_over_negative_words_rate")).all()
    assert np.isfinite(signals.summary.column("negative_words_calm_voice_rate")).all()
    assert not any("face" in e.kind for e in signals.evidence)


def test_no_segments_and_no_modality_give_tables_without_values(component, make) -> None:
    for n in (0, 1, 30):
        signals = component.measure(make.segments(n), [], 200.0)
        assert signals.evidence == ()
        assert np.isnan(signals.segments.values).all()
        assert signals.segments.columns == tuple(s.name for s in component.specs())
        assert np.isnan(signals.summary.values).all()
        assert not signals.segments.coverage.any()


def test_seven_segments_make_no_baseline_and_the_note_says_so(
    component, make, drawn, coefficients
) -> None:
    few = [make.voice(drawn["voice"][:7])]
    signals = component.measure(make.segments(7), few, 40.0)
    assert np.isnan(signals.affect.values).all()
    assert any("7 segments observed, 8 needed" in note for note in signals.segments.notes)


def test_short_utterances_are_not_read(component, make, tables) -> None:
    segments = list(make.segments(N))
    segments[10] = dataclasses.replace(segments[10], text="mm-hm yes")
    affect = component.measure(segments, tables, 5.0 * N).affect
    assert np.isnan(affect.column("text_valence")[10])
    assert np.isfinite(affect.column("voice_arousal")[10])


def test_a_face_seen_too_briefly_is_not_read(component, make, drawn) -> None:
    seen = np.ones(N)
    seen[5] = 0.4
    table = make.face(drawn["face"])
    table = dataclasses.replace(table, segments=dataclasses.replace(table.segments, coverage=seen))
    affect = component.measure(make.segments(N), [table], 5.0 * N).affect
    assert np.isnan(affect.column("face_valence")[5])


def test_another_encoder_is_not_read_and_the_note_says_so(component, make, tables) -> None:
    other = Stamp(component="x", version="1", settings={}, weights_sha256="a" * 64)
    words = dataclasses.replace(
        tables[0], segments=dataclasses.replace(tables[0].segments, stamp=other)
    )
    signals = component.measure(make.segments(N), [words], 5.0 * N)
    assert np.isnan(signals.affect.column("text_valence")).all()
    assert any("trained on encoder" in note for note in signals.segments.notes)


def test_a_missing_column_stops_the_run(component, make) -> None:
    wrong = make.extraction("egemaps", Modality.VOICE, {"something": np.zeros(N)})
    with pytest.raises(SetupError, match="F0semitone"):
        component.measure(make.segments(N), [wrong], 5.0 * N)


def test_the_same_input_gives_the_same_signals(component, make, tables) -> None:
    first = component.measure(make.segments(N), tables, 5.0 * N)
    second = component.measure(make.segments(N), tables, 5.0 * N)
    np.testing.assert_array_equal(first.segments.values, second.segments.values)
    assert first.evidence == second.evidence
    assert first.segments.stamp.digest == second.segments.stamp.digest


def test_level_and_gain_of_the_microphone_change_nothing(component, make, drawn) -> None:
    def arousal(column_gain: float, shift: float) -> np.ndarray:
        table = make.voice(drawn["voice"])
        values = table.segments.values.copy()
        values[:, 1] = values[:, 1] * column_gain + shift
        changed = dataclasses.replace(table, segments=table.segments.with_values(values))
        return component.measure(make.segments(N), [changed], 5.0 * N).affect.column(
            "voice_arousal"
        )

    np.testing.assert_allclose(arousal(1.0, 0.0), arousal(3.0, 0.4), atol=1e-9)


def test_summary_agrees_with_plain_statistics(component, make, tables) -> None:
    signals = component.measure(make.segments(N), tables, 5.0 * N)
    values = signals.segments.column("valence_face_text_apart")
    minutes = (signals.segments.start_s + signals.segments.end_s) / 120.0
    row = signals.summary
    assert row.column("valence_face_text_apart_mean")[0] == pytest.approx(values.mean())
    assert row.column("valence_face_text_apart_sd")[0] == pytest.approx(values.std(ddof=1))
    assert row.column("valence_face_text_apart_p90")[0] == pytest.approx(np.quantile(values, 0.9))
    slope = np.polyfit(minutes, values, 1)[0]
    assert row.column("valence_face_text_apart_slope")[0] == pytest.approx(slope)
    calm = signals.segments.column("negative_words_calm_voice")
    assert row.column("negative_words_calm_voice_rate")[0] == pytest.approx((calm >= 0.75).mean())


def test_coupling_tells_a_voice_that_follows_the_words(component, make, drawn, coefficients):
    words = make.words(drawn["text"], drawn["arousal"], coefficients)
    name = "coupling_voice_arousal_text_arousal"
    for voice, expected in ((drawn["arousal"], 1.0), (-drawn["arousal"], -1.0)):
        signals = component.measure(make.segments(N), [words, make.voice(voice)], 5.0 * N)
        assert signals.summary.column(name)[0] == pytest.approx(expected, abs=0.02)


def test_a_thousand_utterances_cost_little(component, make, coefficients) -> None:
    random = np.random.default_rng(12)
    n = 1000
    tables = [
        make.words(random.normal(size=n), random.normal(size=n), coefficients),
        make.voice(random.normal(size=n)),
        make.face(random.normal(size=n)),
    ]
    started = time.process_time()
    component.measure(make.segments(n), tables, 5.0 * n)
    assert time.process_time() - started < 5.0


def test_settings_that_cannot_work_are_refused(settings) -> None:
    settings = settings.copy()
    OmegaConf.set_struct(settings, False)
    two_texts = OmegaConf.merge(settings, {"readers": {"again": settings.readers.text}})
    with pytest.raises(SetupError, match="two affect readers"):
        build(two_texts)
    wrong_hash = OmegaConf.merge(settings, {"readers": {"text": {"weights_sha256": "0" * 64}}})
    with pytest.raises(SetupError, match="weights_sha256"):
        build(wrong_hash)
    unknown = OmegaConf.merge(settings, {"measures": {"valence_face_text": {"quantity": "temper"}}})
    with pytest.raises(SetupError, match="face_temper"):
        build(unknown)
    same_name = OmegaConf.merge(
        settings, {"measures": {"again": settings.measures.arousal_voice_text}}
    )
    with pytest.raises(SetupError, match="two measures of one name"):
        build(same_name)
