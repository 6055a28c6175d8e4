"""Affect of the face: prototypes give their emotion, and what was lost is said."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf

from clinic.config import build
from clinic.errors import SetupError
from clinic.inconsistency import ActionUnitAffect, EmotionPrototypes
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS, EMOTIONS
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

CONF = Path(__file__).parents[2] / "conf" / "affect" / "face" / "action_units.yaml"
AUS = tuple(f"AU{n:02d}" for n in (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 15, 17, 20, 23, 24, 25, 26))


def settings(**changes: object) -> DictConfig:
    loaded = OmegaConf.load(CONF)
    assert isinstance(loaded, DictConfig)
    for key, value in changes.items():
        OmegaConf.update(loaded, key.replace("__", "."), value)
    return loaded


def reader(**changes: object) -> ActionUnitAffect:
    built = build(settings(**changes))
    assert isinstance(built, ActionUnitAffect)
    return built


@pytest.fixture(scope="module")
def emotions() -> EmotionPrototypes:
    return reader().emotions


def shown(*rows: set[str], units: tuple[str, ...] = AUS, size: float = 1.0) -> dict[str, Any]:
    """Return intensities of faces that show the given AUs at one size and no others."""
    return {au: np.array([size * (au in row) for row in rows]) for au in units}


def table(
    columns: dict[str, Any], *, coverage: Any = None, row_kind: str = "segment", name: str = "face"
) -> FeatureTable:
    n = len(next(iter(columns.values())))
    spec = {"unit": "1", "source": "test", "group": "test", "meaning": "test"}
    return FeatureTable(
        name=name,
        modality=Modality.FACE,
        row_kind=row_kind,
        specs=tuple(FeatureSpec(name=c, minimum=-np.inf, maximum=np.inf, **spec) for c in columns),
        start_s=5.0 * np.arange(n),
        end_s=5.0 * np.arange(n) + 4.0,
        values=np.column_stack(list(columns.values())),
        coverage=np.ones(n) if coverage is None else coverage,
        stamp=Stamp(component="test", version="0", settings={}),
    )


def face(columns: dict[str, Any], **more: Any) -> Extraction:
    return Extraction(segments=table({f"{au}_mean": v for au, v in columns.items()}, **more))


def test_a_pure_prototype_gives_its_emotion(emotions: EmotionPrototypes) -> None:
    """The AUs that more than 70 % of people show, in full, and nothing else."""
    for emotion, prototype in emotions.prototypes.items():
        consistent = {au for au, share in prototype.items() if share > 0.7}
        (row,) = emotions.probabilities(shown(consistent))
        assert EMOTIONS[int(row.argmax())] == emotion
        assert row.max() > 0.5


def test_a_resting_face_is_neutral(emotions: EmotionPrototypes) -> None:
    (row,) = emotions.probabilities(shown(set()))
    assert EMOTIONS[int(row.argmax())] == "neutral"


def test_probabilities_are_those_of_bayes_rule(emotions: EmotionPrototypes) -> None:
    """Second implementation: a loop over AUs shown or not, as independent coins."""
    face_shown = {"AU04", "AU07", "AU17"}
    likelihood = []
    for emotion in EMOTIONS:
        prototype = emotions.prototypes.get(emotion, {})
        product = 1.0
        for au in emotions.units:
            q = prototype.get(au, emotions.other_share)
            product *= q if au in face_shown else 1.0 - q
        likelihood.append(product ** (1.0 / emotions.temperature))
    expected = np.array(likelihood) / sum(likelihood)
    np.testing.assert_allclose(emotions.probabilities(shown(face_shown))[0], expected, rtol=1e-9)


@given(values=st.lists(st.floats(0, 1.5) | st.just(float("nan")), min_size=17, max_size=17))
def test_rows_sum_to_one_or_are_not_known(emotions: EmotionPrototypes, values: list[float]) -> None:
    columns = {au: np.array([value]) for au, value in zip(AUS, values, strict=True)}
    (row,) = emotions.probabilities(columns)
    assert np.isnan(row).all() or (abs(row.sum() - 1) < 1e-9 and (row >= 0).all())


def test_an_emotion_whose_action_units_are_lost_stays_at_its_prior(
    emotions: EmotionPrototypes,
) -> None:
    """Without AU09, AU10 and AU17 the face says nothing about disgust, whatever else it does."""
    units = tuple(au for au in AUS if au not in ("AU09", "AU10", "AU17"))
    rows = emotions.probabilities(shown(set(), {"AU06", "AU12"}, {"AU04", "AU24"}, units=units))
    np.testing.assert_allclose(rows[:, EMOTIONS.index("disgust")], 1 / 6)
    assert EMOTIONS[int(rows[1].argmax())] == "joy"
    assert emotions.lost(frozenset(units)) == (
        "Emotions of the face: only part of the prototype is measured of anger (78%), "
        "sadness (82%); disgust (18%) cannot be told, 40% needed (min_prototype_share)."
    )
    assert emotions.lost(frozenset(AUS)) is None


def test_no_emotion_can_be_told_without_action_units(emotions: EmotionPrototypes) -> None:
    assert np.isnan(emotions.probabilities({"AU26": np.array([1.0])})).all()
    assert np.isnan(emotions.probabilities(shown({"AU12"}, size=np.nan))).all()


def test_only_trusted_action_units_are_read() -> None:
    """AU17 is not trusted: a raised chin changes nothing, and needs no column."""
    base = {"AU01": 0.1, "AU12": 0.4}
    columns = {au: np.array([base.get(au, 0.0)]) for au in AUS}
    without = {au: values for au, values in columns.items() if au != "AU17"}
    loud = columns | {"AU17": np.array([1.0])}
    one, other = (read(face(c)) for c in (loud, without))
    np.testing.assert_array_equal(one.values, other.values)


def read(extraction: Extraction, **changes: object) -> FeatureTable:
    rows = extraction.segments
    segments = [
        Segment(index=i, start_s=float(a), end_s=float(b), speaker=Role.PARTICIPANT,
                origin="utterance")
        for i, (a, b) in enumerate(zip(rows.start_s, rows.end_s, strict=True))
    ]  # fmt: skip
    return reader(**changes).read(segments, [extraction])


def test_both_sides_of_valence_weigh_the_same_when_an_action_unit_is_lost() -> None:
    """Full 6 + 12 is +0.5, full 1 + 4 is -0.5, with AU15 of the sad side masked."""
    trusted = ["AU01", "AU04", "AU06", "AU12"]
    affect = read(face(shown({"AU06", "AU12"}, {"AU01", "AU04"}, set())), trusted=trusted)
    np.testing.assert_allclose(affect.column("valence"), [0.5, -0.5, 0.0], atol=1e-4)
    affect = read(face(shown({"AU06", "AU12"}, {"AU01", "AU04", "AU15"}, {"AU01", "AU04"})))
    np.testing.assert_allclose(affect.column("valence"), [0.5, -0.5, -1 / 3], atol=1e-4)


def test_valence_with_one_side_mostly_lost_is_not_known() -> None:
    trusted = ["AU02", "AU06", "AU12"]
    affect = read(face(shown({"AU06", "AU12"})), trusted=trusted)
    assert np.isnan(affect.column("valence")).all()
    assert affect.column("smile")[0] == pytest.approx(1.0)


def test_a_smile_is_joy_and_a_rest_is_neutral_with_the_shipped_settings() -> None:
    affect = read(face(shown({"AU06", "AU12"}, set())))
    rows = np.column_stack([affect.column(name) for name in EMOTION_COLUMNS])
    assert [EMOTIONS[i] for i in rows.argmax(axis=1)] == ["joy", "neutral"]


def test_a_face_seen_in_29_percent_of_the_frames_is_withheld() -> None:
    columns = shown(*[{"AU12"}] * 100)
    for seen, is_withheld in ((29, True), (30, False)):
        coverage = (np.arange(100) < seen).astype(np.float64)
        frames = table(columns, coverage=coverage, row_kind="frame")
        extraction = Extraction(segments=face(shown({"AU12"})).segments, frames=frames)
        affect = read(extraction)
        assert np.isnan(affect.values).all() == is_withheld
        assert affect.coverage[0] == (0.0 if is_withheld else 1.0)
        note = " ".join(affect.notes)
        assert ("29% of the interview, 30% needed (min_interview_coverage)" in note) == is_withheld


def test_without_frames_the_share_is_that_of_the_utterances() -> None:
    columns = shown(*[{"AU12"}] * 10)
    coverage = np.array([1.0, 1.0] + [0.0] * 8)
    assert np.isnan(read(face(columns, coverage=coverage)).values).all()
    coverage = np.array([1.0, 1.0, 1.0] + [0.0] * 7)
    assert np.isfinite(read(face(columns, coverage=coverage)).column("smile")).sum() == 3


def test_a_trusted_action_unit_without_a_column_is_a_wrong_setting() -> None:
    columns = {au: v for au, v in shown({"AU12"}).items() if au != "AU06"}
    with pytest.raises(SetupError, match=r"no column AU06_mean \(trusted\)"):
        read(face(columns))


def test_prototypes_must_be_those_of_the_five_emotions() -> None:
    with pytest.raises(SetupError, match="needed"):
        reader(emotions__prototypes__surprise={"AU01": 0.85})
    with pytest.raises(SetupError, match="outside"):
        reader(emotions__prototypes__joy={"AU12": 1.0})


def test_no_video_is_not_told_as_a_face_seen_in_0_percent() -> None:
    """Neither frames nor a row that was observed: there was no picture to look at."""
    affect = read(face(shown(*[{"AU12"}] * 10), coverage=np.zeros(10)))
    assert np.isnan(affect.values).all()
    assert not affect.coverage.any()
    assert affect.notes == ()
    frames = table(shown(*[{"AU12"}] * 100), coverage=np.zeros(100), row_kind="frame")
    video = read(Extraction(segments=face(shown({"AU12"})).segments, frames=frames))
    assert any("seen in 0% of the interview" in note for note in video.notes)
