"""The contract between tables and network, and what a segment's label is."""

from dataclasses import replace

import numpy as np
import pytest

from clinic.errors import SetupError
from clinic.fusion import FeatureLayout, segment_labels
from clinic.fusion.blocks import Standardiser
from clinic.records import MomentLabel, Reference

TABLES = {"text": ["words"], "voice": ["prosody"], "face": ["brows"]}


@pytest.fixture
def case(make_severity_cohort):
    return make_severity_cohort(1, 0)[0][0]


def renamed(case, old: str, new: str, **changes):
    tables = []
    for table in case.tables:
        specs = tuple(replace(s, name=new, **changes) if s.name == old else s for s in table.specs)
        tables.append(replace(table, specs=specs))
    return replace(case, tables=tuple(tables))


def test_layout_survives_json(case):
    layout = FeatureLayout.from_cases([case], TABLES)
    assert FeatureLayout.from_json(layout.to_json()) == layout
    assert [block.width for block in layout.blocks] == [6, 5, 4]
    np.testing.assert_array_equal(layout.values(case)[:, 6:11], case.table("prosody").values)


def test_a_changed_name_is_refused_with_both_names(case):
    layout = FeatureLayout.from_cases([case], TABLES)
    with pytest.raises(SetupError, match=r"'prosody2', table has 'loudness'.*features.json"):
        layout.values(renamed(case, "prosody2", "loudness"))


def test_a_changed_unit_is_refused_with_both_units(case):
    layout = FeatureLayout.from_cases([case], TABLES)
    with pytest.raises(SetupError, match=r"unit '1', table has 'dB'"):
        layout.values(renamed(case, "prosody2", "prosody2", unit="dB"))


def restamped(case, **changes):
    words, *others = case.tables
    stamp = replace(words.stamp, **changes)
    return replace(case, tables=(replace(words, stamp=stamp), *others))


def test_other_settings_than_in_training_are_said(case):
    made = restamped(case, settings={"rate_hz": 10.0, "window_s": 1.0})
    layout = FeatureLayout.from_json(FeatureLayout.from_cases([made], TABLES).to_json())
    assert layout.notes(made) == ()
    (note,) = layout.notes(restamped(case, settings={"rate_hz": 5.0, "window_s": 1.0}))
    assert note.startswith("words was measured with other settings")
    assert note.endswith("rate_hz 5.0 (in training 10.0)")
    newer = restamped(case, settings={"rate_hz": 10.0, "window_s": 1.0}, version="later")
    assert layout.notes(newer) == ()


def test_a_table_from_other_weights_is_refused(case):
    layout = FeatureLayout.from_cases([restamped(case, weights_sha256="a" * 64)], TABLES)
    with pytest.raises(SetupError, match=r"weights aaaaaaaaaaaa, table was made with bbbbbbbbbbbb"):
        layout.values(restamped(case, weights_sha256="b" * 64))


def test_a_missing_table_is_named(case):
    layout = FeatureLayout.from_cases([case], TABLES)
    with pytest.raises(SetupError, match="brows, case has prosody, words"):
        layout.values(replace(case, tables=case.tables[:2]))


def test_unknown_tables_and_modalities_are_named(case):
    with pytest.raises(SetupError, match=r"fusion.tables.text names 'nonsense', cases have brows"):
        FeatureLayout.from_cases([case], {"text": ["nonsense"]})
    with pytest.raises(SetupError, match="'words', which is a table of text"):
        FeatureLayout.from_cases([case], {"voice": ["words"]})


def test_standardiser_leaves_absent_values_out_of_its_statistics():
    standardiser = Standardiser(3)
    rows = np.array([[1, np.nan, 5], [3, np.nan, 5], [5, 4, 5]], dtype=np.float32)
    standardiser.fit([rows[:2], rows[2:]])
    assert standardiser.mean.tolist() == [3, 4, 5]
    # A column seen once, and one that never varies, keep the unit's own size.
    np.testing.assert_allclose(standardiser.sd.numpy(), [np.sqrt(8 / 3), 1, 1], rtol=1e-6)


def test_segments_are_labelled_by_most_of_what_raters_saw(case):
    reference = Reference(
        recording_id="r",
        participant_id="p",
        scores={},
        moments=(
            MomentLabel(start_s=0.0, end_s=8.0, shown=True),
            MomentLabel(start_s=8.0, end_s=12.0, shown=False),
            MomentLabel(start_s=16.0, end_s=17.0, shown=True),
        ),
    )
    labels = segment_labels(case, reference)
    # 0-5 shown; 5-10: 3 s shown, 2 s not; 10-15: 2 of 5 s rated, too little; 15-20: 1 of 5 s.
    np.testing.assert_array_equal(labels[:4], [1, 1, np.nan, np.nan])
