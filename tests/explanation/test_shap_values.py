"""Contributions add up, respect the hierarchy, and equal Shapley values where both are known."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.explanation import ShapExplainer
from clinic.explanation.players import NOT_OBSERVED, hierarchy, players_of
from clinic.records import (
    Case,
    Condition,
    FeatureSpec,
    FeatureTable,
    Modality,
    Role,
    Scale,
    Segment,
    SeverityEstimate,
    Stamp,
)

STAMP = Stamp(component="test", version="0", settings={})
SCALE = Scale(
    condition=Condition.DEPRESSION,
    name="PHQ-8",
    minimum=0,
    maximum=24,
    band_names=["low", "high"],
    band_starts=[0, 10],
    cutoff=10,
    note="",
    source="",
)
ESTIMATE = SeverityEstimate(
    scale=SCALE,
    probabilities=(0.5, 0.5),
    score=9.0,
    interval=(5.0, 12.0),
    coverage=0.9,
    plausible_bands=(0, 1),
)
GROUPS = {
    Modality.TEXT: ["content of words", "content of words", "wording"],
    Modality.VOICE: ["pitch", "pitch", "loudness"],
    Modality.FACE: ["smile", "brow", "brow"],
}


def spec(name: str, group: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit="1",
        minimum=-np.inf,
        maximum=np.inf,
        source="test",
        group=group,
        meaning=f"meaning of {name}",
    )


def make_case(n_segments: int, seed: int = 0, dark: Modality | None = None) -> Case:
    rng = np.random.default_rng(seed)
    starts = np.arange(n_segments, dtype=float)
    tables = []
    for modality, groups in GROUPS.items():
        values = rng.normal(size=(n_segments, 3))
        if modality is dark:
            values[:] = np.nan
        tables.append(
            FeatureTable(
                name=f"{modality}_table",
                modality=modality,
                row_kind="segment",
                specs=tuple(spec(f"{modality}{i}", g) for i, g in enumerate(groups)),
                start_s=starts,
                end_s=starts + 1,
                values=values,
                coverage=np.ones(n_segments),
                stamp=STAMP,
            )
        )
    segments = tuple(
        Segment(
            index=i,
            start_s=float(i),
            end_s=i + 1.0,
            speaker=Role.PARTICIPANT,
            origin="utterance",
            text=f"words {i}",
        )
        for i in range(n_segments)
    )
    return Case(recording_id="r", participant_id="p", segments=segments, tables=tuple(tables))


@dataclass(frozen=True)
class FakeColumn:
    table: str
    column: str
    modality: Modality
    group: str
    unit: str


class FakeLayout:
    def __init__(self, case: Case) -> None:
        self.columns = [
            FakeColumn(t.name, s.name, t.modality, s.group, s.unit)
            for t in case.tables
            for s in t.specs
        ]

    def values(self, case: Case) -> np.ndarray:
        return np.concatenate([t.values for t in case.tables], axis=1)


class FakeModel:
    """Mean over segments, then a function of nine columns that is written down."""

    outputs_explained = (Condition.DEPRESSION,)

    def __init__(self, case: Case, function) -> None:
        self.layout = FakeLayout(case)
        self.function = function

    def typical(self) -> np.ndarray:
        return np.linspace(-0.5, 0.5, 9)

    def outputs(self, values: np.ndarray, segment_mask: np.ndarray) -> np.ndarray:
        return self.function(np.nan_to_num(values, nan=0.0).mean(axis=1))[:, None]


def explain(case: Case, function, **settings_):
    chosen = {
        "joint_groups": ["content of words"],
        "n_evaluations": 400,
        "max_segments": 100_000,
        "n_sentences": 3,
        **settings_,
    }
    return ShapExplainer(**chosen).explain(FakeModel(case, function), case, [ESTIMATE])[0]


def test_a_linear_model_gets_weight_times_difference_from_typical():
    weights = np.arange(1.0, 10.0)
    case = make_case(5)
    found = explain(case, lambda x: x @ weights)
    observed = FakeLayout(case).values(case).mean(axis=0)
    truth = weights * (observed - np.linspace(-0.5, 0.5, 9))
    by_feature = {c.feature: c.value for c in found.contributions}
    assert by_feature["voice1"] == pytest.approx(truth[4])
    assert by_feature["face2"] == pytest.approx(truth[8])
    assert by_feature["content of words"] == pytest.approx(truth[0] + truth[1])
    assert sum(found.by_modality().values()) == pytest.approx(found.output - found.base)


def test_an_interaction_inside_a_group_stays_in_the_group():
    case = make_case(4)
    found = explain(case, lambda x: x[:, 7] * x[:, 8])
    groups = {group: v for (_, group), v in found.by_group().items()}
    assert groups["brow"] == pytest.approx(found.output - found.base)
    assert groups["pitch"] == pytest.approx(0.0, abs=1e-9)


def test_equal_partners_of_an_interaction_share_it_equally():
    case = make_case(1, seed=3)
    table = case.tables[1].with_values(np.full((1, 3), 2.0))
    case = Case(
        recording_id="r",
        participant_id="p",
        segments=case.segments,
        tables=(case.tables[0], table, case.tables[2]),
    )
    model = FakeModel(case, lambda x: x[:, 3] * x[:, 4])
    model.typical = lambda: np.zeros(9)  # type: ignore[method-assign]
    found = ShapExplainer(
        joint_groups=[], n_evaluations=400, max_segments=100_000, n_sentences=1
    ).explain(model, case, [ESTIMATE])[0]
    by_feature = {c.feature: c.value for c in found.contributions}
    # Two that only work together cannot be told apart.
    assert by_feature["voice0 and 1 more"] == pytest.approx(4.0)
    assert "voice1" not in by_feature


def test_an_absent_modality_is_one_player_and_is_said():
    case = make_case(4, dark=Modality.FACE)
    found = explain(case, lambda x: x.sum(axis=1), n_sentences=9)
    face = [c for c in found.contributions if c.modality is Modality.FACE]
    assert [c.feature for c in face] == [NOT_OBSERVED]
    assert face[0].observed is None
    assert any(s.startswith("Face, not observed") for s in found.sentences)


def test_a_moment_gets_what_only_it_changed():
    case = make_case(3)
    tables = []
    for table in case.tables:
        values = np.zeros((3, 3))
        values[1] = 3.0
        tables.append(table.with_values(values))
    case = Case(recording_id="r", participant_id="p", segments=case.segments, tables=tuple(tables))
    model = FakeModel(case, lambda x: x.sum(axis=1))
    model.typical = lambda: np.zeros(9)  # type: ignore[method-assign]
    found = ShapExplainer(
        joint_groups=[], n_evaluations=100, max_segments=100_000, n_sentences=1
    ).explain(model, case, [ESTIMATE])[0]
    assert [round(m.value, 6) for m in found.moments] == [0.0, 9.0, 0.0]
    assert found.moments[1].quote == "words 1"


@given(st.integers(1, 9), st.integers(0, 10_000), st.integers(20, 300))
@settings(deadline=None, max_examples=25)
def test_contributions_add_up_whatever_the_model_and_the_budget(n_segments, seed, budget):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(9, 6)), rng.normal(size=6)
    found = explain(
        make_case(n_segments, seed), lambda x: np.tanh(x @ first) @ second, n_evaluations=budget
    )
    parts = sum(c.value for c in found.contributions)
    assert found.base + parts == pytest.approx(found.output, abs=1e-6)
    assert found.moment_base == pytest.approx(found.base)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 10_000).map(str)),
        min_size=2,
        max_size=30,
        unique=True,
    )
)
def test_the_tree_is_a_linkage_in_which_groups_close_before_modalities(labels):
    labels = sorted(labels)
    tree = hierarchy(labels)
    assert tree.shape == (len(labels) - 1, 4)
    children = tree[:, :2].astype(int).ravel().tolist()
    assert sorted(children) == list(range(2 * len(labels) - 2))
    members = {i: [label] for i, label in enumerate(labels)}
    for row, (left, right, _, size) in enumerate(tree):
        joined = members[int(left)] + members[int(right)]
        members[len(labels) + row] = joined
        assert len(joined) == size
        prefix = {label[:1] for label in joined}
        if len(prefix) > 1:  # modalities meet only once each of them is complete
            assert all(set(joined) >= {k for k in labels if k[:1] == p} for p in prefix)
    assert all(a <= b for a, b in pairwise(tree[:, 2]))


def test_players_name_the_plain_meaning():
    case = make_case(2)
    layout = FakeLayout(case)
    players = players_of(layout.columns, layout.values(case), case, [])
    assert {p.meaning for p in players if p.feature == "voice2"} == {"meaning of voice2"}


def test_a_long_interview_costs_no_more_than_its_budget_and_still_adds_up():
    case = make_case(300)
    rows = []

    def output(x):
        rows.append(len(x))
        return np.tanh(x).sum(axis=1)

    found = explain(case, output, n_evaluations=600, max_segments=15_000)
    # 64 evaluations a game where 15,000 segments would afford 50; the ends are played besides.
    assert 100 < sum(rows) <= 2 * (64 + 2) + 2
    parts = sum(c.value for c in found.contributions)
    assert found.base + parts == pytest.approx(found.output, abs=1e-6)
