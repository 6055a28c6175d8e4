"""The learned reader of the voice: its scale, its refusals, what level and order may not change."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.config import build, conf_folder
from clinic.errors import SetupError
from clinic.inconsistency import VoiceAffect, VoiceColumns
from clinic.inconsistency.heads import DenseHead
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS, EMOTIONS
from clinic.inconsistency.readers.voice_head import VoiceHeads
from clinic.inconsistency.readers.voice_scale import OwnScale, mean_and_spread
from clinic.records import Modality

N = 24


@pytest.fixture(scope="module")
def reader() -> VoiceAffect:
    from omegaconf import OmegaConf

    settings = OmegaConf.load(conf_folder() / "affect" / "voice" / "learned.yaml")
    built = build(settings)
    assert isinstance(built, VoiceAffect)
    return built


@pytest.fixture(scope="module")
def columns(reader):
    """A person's inputs: typical spread around made-up middles."""
    heads = reader.heads()
    random = np.random.default_rng(0)
    middles = random.normal(size=len(heads.inputs))
    values = middles + heads.typical * random.normal(size=(N, len(heads.inputs)))
    return dict(zip(heads.inputs, values.T, strict=True))


def read(reader, make, columns, **changes):
    return reader.read(
        make.segments(len(next(iter(columns.values())))),
        [make.extraction("egemaps", Modality.VOICE, columns, **changes)],
    )


def test_six_probabilities_sum_to_one_and_valence_is_never_read(reader, make, columns):
    table = read(reader, make, columns)
    six = np.column_stack([table.column(name) for name in EMOTION_COLUMNS])
    said = np.isfinite(six).all(axis=1)
    assert said.mean() > 0.8
    np.testing.assert_allclose(six[said].sum(axis=1), 1.0)
    assert np.isnan(table.column("valence")).all()
    assert np.isfinite(table.column("arousal")).all()


def test_a_shift_of_the_whole_voice_changes_nothing(reader, make, columns):
    """A person with a higher voice on another microphone is the same person to the reader."""
    heads = reader.heads()
    shifted = {
        name: values + 7.0 * spread
        for (name, values), spread in zip(columns.items(), heads.typical, strict=True)
    }
    np.testing.assert_allclose(
        read(reader, make, shifted).values, read(reader, make, columns).values, atol=1e-6
    )


def test_the_order_of_segments_changes_nothing(reader, make, columns):
    order = np.random.default_rng(1).permutation(N)
    mixed = {name: values[order] for name, values in columns.items()}
    np.testing.assert_allclose(
        read(reader, make, mixed).values, read(reader, make, columns).values[order], atol=1e-6
    )


def test_no_input_follows_the_level_of_the_recording(reader):
    levels = ("loudness_sma3_amean", "equivalentSoundLevel_dBp", "loudness_sma3_percentile50.0")
    assert not set(levels) & set(reader.heads().inputs)
    assert len(reader.heads().inputs) == 71


def test_seven_segments_are_one_too_few(reader, make, columns):
    few = {name: values[:7] for name, values in columns.items()}
    table = read(reader, make, few)
    assert np.isnan(table.values).all()
    assert any("7 segments" in note and "8 needed" in note for note in table.notes)
    enough = {name: values[:8] for name, values in columns.items()}
    assert np.isfinite(read(reader, make, enough).column("arousal")).all()


def test_a_voice_that_stands_still_is_not_read_and_said(reader, make, columns):
    still = {name: np.full(N, values[0]) for name, values in columns.items()}
    table = read(reader, make, still)
    assert np.isnan(table.values).all()
    assert table.coverage.tolist() == [0.0] * N
    assert any("varies by 0.00" in note for note in table.notes)


def test_a_nearly_flat_voice_is_not_blown_up(reader, make, columns):
    """A third of the usual spread must not be read as if it were all of it."""
    flat = {name: values.mean() + (values - values.mean()) / 3 for name, values in columns.items()}
    flat_spread = np.nanstd(read(reader, make, flat).column("arousal"))
    full_spread = np.nanstd(read(reader, make, columns).column("arousal"))
    assert 0 < flat_spread < 0.7 * full_spread


def test_an_unheard_segment_is_nan_and_moves_nobody_elses_reading(reader, make, columns):
    coverage = np.ones(N)
    coverage[3] = 0.0
    wild = {name: values.copy() for name, values in columns.items()}
    for values in wild.values():
        values[3] = 1e6
    table = read(reader, make, wild, coverage=coverage)
    without = {name: np.delete(values, 3) for name, values in columns.items()}
    assert np.isnan(table.values[3]).all()
    np.testing.assert_allclose(
        np.delete(table.values, 3, axis=0), read(reader, make, without).values, atol=1e-9
    )


def test_a_segment_with_half_of_its_inputs_is_not_read(reader, make, columns):
    holes = {name: values.copy() for name, values in columns.items()}
    for name in list(holes)[:36]:
        holes[name][5] = np.nan
    table = read(reader, make, holes)
    assert np.isnan(table.values[5]).all()
    assert np.isfinite(np.delete(table.column("arousal"), 5)).all()


def test_a_short_segment_is_not_read(reader, make, columns):
    """The builder's segments last 4 s."""
    demanding = replace(reader, min_duration_s=4.1)
    assert np.isnan(read(demanding, make, columns).values).all()
    assert np.isfinite(
        read(replace(reader, min_duration_s=4.0), make, columns).column("arousal")
    ).all()


def test_no_voice_table_says_so(reader, make):
    table = reader.read(make.segments(9), [])
    assert np.isnan(table.values).all()
    assert "no egemaps features" in table.notes[0]


def test_a_missing_column_stops(reader, make, columns):
    first = next(iter(columns))
    rest = {name: values for name, values in columns.items() if name != first}
    with pytest.raises(SetupError, match="has no column"):
        read(reader, make, rest)


def test_the_stamp_names_both_heads(reader):
    assert reader.stamp().weights_sha256 == f"{reader.emotion_sha256} {reader.arousal_sha256}"


def test_cards_name_the_shipped_files_and_how_they_were_made(reader):
    from clinic.inconsistency.heads.dense_head import WEIGHTS_FOLDER

    for name, sha256 in (
        (reader.emotion_weights, reader.emotion_sha256),
        (reader.arousal_weights, reader.arousal_sha256),
    ):
        text = (WEIGHTS_FOLDER / f"{name}.md").read_text(encoding="utf-8")
        assert sha256 in text
        assert "clinic.validation.training.voice_affect" in text


@given(
    st.lists(st.floats(-100, 100), min_size=8, max_size=30),
    st.floats(0.1, 10),
    st.floats(0, 30),
)
def test_the_spread_lies_between_own_and_typical(values, typical, weight):
    """Between the two variances, wherever the weight puts it: checked by the scores it gives."""
    column = np.array(values)[:, None]
    scale = OwnScale(
        min_segments=1,
        typical_weight=weight,
        limit_sd=np.inf,
        neutral_rounds=0,
        least_weight=0.0,
    )
    middle, own = mean_and_spread(column)
    if own[0] < 1e-3 and weight == 0:
        return
    scores = scale.scores(column, typical=np.array([typical]), middle=middle)
    farthest = int(np.argmax(np.abs(column - middle)))
    gap = float(abs(column[farthest, 0] - middle[0]))
    if gap < 1e-3:
        return
    implied = gap / abs(scores[farthest, 0])
    n = len(values)
    expected = np.sqrt((n * np.std(values) ** 2 + weight * typical**2) / (n + weight))
    assert implied == pytest.approx(expected, rel=1e-6)


def test_the_neutral_middle_is_found_although_most_segments_are_roused():
    """Two thirds of the segments lie 3 SD higher; the median does, the neutral middle does not."""
    random = np.random.default_rng(2)
    calm = random.normal(0.0, 0.3, size=(20, 1))
    roused = random.normal(3.0, 0.3, size=(40, 1))
    values = np.vstack([calm, roused])
    scale = OwnScale(
        min_segments=1, typical_weight=5.0, limit_sd=5.0, neutral_rounds=20, least_weight=0.0
    )
    middle = scale.neutral_middle(
        values,
        typical=np.array([1.0]),
        p_neutral=lambda scores: 1 / (1 + np.exp(4.0 * (scores[:, 0] + 0.5))),
    )
    assert np.median(values) > 2.5
    assert abs(middle[0]) < 0.5


def _head(outputs: tuple[str, ...], **card: object) -> DenseHead:
    return DenseHead(
        inputs=("a",),
        outputs=outputs,
        link="identity",
        centre=np.zeros(1),
        scale=np.ones(1),
        layers=((np.ones((1, len(outputs))), np.zeros(len(outputs))),),
        card=card,
    )


SCALE = {"typical_weight": 1.0, "limit_sd": 5.0, "neutral_rounds": 1, "least_weight": 0.1}


def test_heads_of_two_trainings_are_refused():
    with pytest.raises(SetupError, match="not trained together"):
        VoiceHeads(
            emotion=_head(EMOTIONS, scale=SCALE, typical_spread=[1.0]),
            arousal=_head(("arousal",), scale=SCALE, typical_spread=[2.0]),
        )


def test_a_head_without_its_scale_is_refused():
    with pytest.raises(SetupError, match="lacks typical_spread"):
        VoiceHeads(emotion=_head(EMOTIONS), arousal=_head(("arousal",)))


def test_columns_of_another_component_are_taken_as_they_are(make):
    reader = VoiceColumns(table="other", arousal="a", valence=None, floor=0.1)
    given_columns = {"a": np.arange(4.0), "v": np.ones(4)}
    found = reader.read(make.segments(4), [make.extraction("other", Modality.VOICE, given_columns)])
    assert found.column("arousal").tolist() == [0.0, 1.0, 2.0, 3.0]
    assert np.isnan(found.column("valence")).all()
    with_valence = replace(reader, valence="v").read(
        make.segments(4), [make.extraction("other", Modality.VOICE, given_columns)]
    )
    assert with_valence.column("valence").tolist() == [1.0] * 4
    with pytest.raises(SetupError, match="no column b"):
        replace(reader, arousal="b").read(
            make.segments(4), [make.extraction("other", Modality.VOICE, given_columns)]
        )
    assert "no other features" in reader.read(make.segments(4), []).notes[0]
