"""Pooling: rows weigh with the time they share with a segment; nothing observed stays NaN."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.config import build, compose
from clinic.datasets.pooling import not_observed, pool, windows
from clinic.datasets.shipped.npy import array_table, numbered
from clinic.errors import DataError
from clinic.records import Modality, Role, Segment, Transcript, Utterance


@pytest.fixture(scope="module")
def pooler():
    return build(compose("data", values={"path": "unused"}).importer).pooler


def table(values, row_s=1.0):
    values = np.array(values, dtype=float)
    return array_table(
        values,
        name="made_up",
        modality=Modality.VOICE,
        row_s=row_s,
        columns=numbered("c", values.shape[1]),
        unit="1",
        source="made up",
        meaning="made up",
    )


def segment(start_s, end_s):
    return Segment(
        index=0, start_s=start_s, end_s=end_s, speaker=Role.PARTICIPANT, origin="utterance"
    )


def test_mean_and_deviation_of_a_hand_computed_example():
    """Rows 2, 4, 9 of one second over [0, 2.5): weights 1, 1, 0.5; mean 10.5 / 2.5 = 4.2;
    variance (4.84 + 0.04 + 0.5 * 23.04) / 2.5 = 6.56."""
    pooled = pool(table([[2], [4], [9]]), [segment(0, 2.5)])
    assert pooled.columns == ("c_000_mean", "c_000_stddev")
    np.testing.assert_allclose(pooled.values, [[4.2, math.sqrt(6.56)]])
    assert pooled.coverage == [1.0]


rows = st.lists(
    st.one_of(st.floats(-100, 100).filter(bool), st.just(math.nan)), min_size=1, max_size=12
)


@settings(deadline=None)
@given(rows, st.floats(0, 14), st.floats(0.1, 9), st.sampled_from([0.5, 1.0, 1.7]))
def test_agrees_with_a_row_by_row_sum(values, start_s, duration_s, row_s):
    end_s = start_s + duration_s
    weights, seen = [], []
    for index, value in enumerate(values):
        shared = min(end_s, (index + 1) * row_s) - max(start_s, index * row_s)
        if shared > 0 and not math.isnan(value):
            weights.append(shared)
            seen.append(value)
    pooled = pool(table([[v] for v in values], row_s), [segment(start_s, end_s)])
    mean, deviation = pooled.values[0]
    assert pooled.coverage[0] == pytest.approx(sum(weights) / duration_s, abs=1e-9)
    if not seen:
        assert math.isnan(mean) and math.isnan(deviation)
        return
    wanted = np.average(seen, weights=weights)
    assert mean == pytest.approx(wanted, abs=1e-9)
    if len(seen) > 1:
        spread = np.average((np.array(seen) - wanted) ** 2, weights=weights)
        assert deviation == pytest.approx(math.sqrt(spread), abs=1e-6)
    else:
        assert math.isnan(deviation)


def test_what_was_not_observed_is_nan_never_zero():
    pooled = pool(table([[math.nan, 1.0]]), [segment(0, 1), segment(5, 6)])
    assert math.isnan(pooled.values[0, 0]) and pooled.values[0, 2] == 1.0
    assert np.isnan(pooled.values[1]).all() and pooled.coverage[1] == 0


def test_a_row_outside_the_segment_changes_nothing():
    inside = pool(table([[1], [2], [3]]), [segment(1, 2)]).values
    np.testing.assert_array_equal(pool(table([[50], [2], [-7]]), [segment(1, 2)]).values, inside)


def test_rows_out_of_order_are_refused():
    from dataclasses import replace

    wrong = table([[1], [2]])
    wrong = replace(wrong, start_s=wrong.start_s[::-1], end_s=wrong.end_s[::-1])
    with pytest.raises(DataError, match="out of order"):
        pool(wrong, [segment(0, 1)])


@given(st.floats(0.1, 500), st.floats(1, 30))
def test_windows_cover_all_time_once_and_none_is_tiny(end_s, window_s):
    found = windows(end_s, window_s)
    assert found[0].start_s == 0 and found[-1].end_s == end_s
    assert all(a.end_s == b.start_s for a, b in pairwise(found))
    assert all(w.duration_s >= min(window_s / 2, end_s) - 1e-6 for w in found)
    assert all(w.duration_s <= 1.5 * window_s + 1e-6 for w in found)


def test_the_interviewers_time_is_never_pooled(pooler):
    transcript = Transcript(
        utterances=tuple(
            Utterance(start_s=a, end_s=a + 4, speaker=role, text="so it goes")
            for a, role in ((0, Role.INTERVIEWER), (4, Role.PARTICIPANT), (8, Role.INTERVIEWER))
        ),
        source_format="made up",
        has_speakers=True,
        sha256="0" * 64,
    )
    values = [[100.0]] * 4 + [[1.0]] * 4 + [[100.0]] * 4
    case = pooler.case(
        recording_id="r", participant_id="p", transcript=transcript, tables=[table(values)]
    )
    assert [(s.start_s, s.end_s) for s in case.segments] == [(4, 8)]
    assert case.tables[0].values[0, 0] == 1.0


def test_a_transcript_of_the_interviewer_alone_is_refused(pooler):
    transcript = Transcript(
        utterances=(Utterance(start_s=0, end_s=1, speaker=Role.INTERVIEWER, text="hello"),),
        source_format="made up",
        has_speakers=True,
        sha256="0" * 64,
    )
    with pytest.raises(DataError, match="no turn of the participant"):
        pooler.segments(transcript, [table([[1.0]])])


def test_a_table_that_is_not_there_has_its_columns_and_no_values():
    pooled = pool(table([[1], [2]]), [segment(0, 2)])
    absent = not_observed(pooled, [segment(0, 1), segment(1, 2)])
    assert absent.columns == pooled.columns
    assert np.isnan(absent.values).all() and absent.coverage.tolist() == [0, 0]
