"""Segment rows against numbers known from how the frames were made."""

import numpy as np

from clinic.features.face import SegmentSummary
from clinic.features.face.columns import ACTION_UNITS, frame_specs, segment_specs

UNITS = tuple(ACTION_UNITS)
RATE_HZ = 10.0
SUMMARY = SegmentSummary(min_face_share=0.5, smile_intensity=0.5, min_blink_observed_s=5.0)
COLUMNS = [spec.name for spec in segment_specs(UNITS, 1.5)]


def still_face(n: int) -> dict[str, np.ndarray]:
    frames = {spec.name: np.zeros(n) for spec in frame_specs(UNITS, 1.5)}
    frames["face_found"] = np.ones(n)
    return frames


def measured(frames, segments):
    time_s = np.arange(len(frames["AU12"])) / RATE_HZ
    values, coverage = SUMMARY.rows(
        time_s, frames, segments, units=UNITS, columns=COLUMNS, rate_hz=RATE_HZ
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in values], coverage


def hide(frames, where):
    for name in frames:
        if name != "face_found":
            frames[name][where] = np.nan


def test_columns_are_moderate_in_number_and_each_has_words():
    specs = segment_specs(UNITS, 1.5)
    assert len(specs) <= 60
    assert all(spec.meaning and spec.source and spec.group for spec in specs)
    assert {"smile", "brow", "mouth", "eyes", "head", "gaze"} <= {spec.group for spec in specs}


def test_smile_for_a_quarter_of_a_segment(spans):
    frames = still_face(200)
    frames["AU12"][100:125] = 0.8
    frames["AU06"][100:110] = 0.6
    (before, during), coverage = measured(frames, spans([(0, 10), (10, 20)]))
    assert before["smile_share"] == 0 and before["AU12_mean"] == 0
    assert np.isclose(during["smile_share"], 0.25)
    assert np.isclose(during["felt_smile_share"], 0.10)
    assert np.isclose(during["AU12_mean"], 0.2) and np.isclose(during["AU12_p90"], 0.8)
    assert np.isclose(during["AU12_sd"], 0.8 * np.sqrt(0.25 * 0.75))
    assert coverage.tolist() == [1.0, 1.0]


def test_half_a_face_is_enough_and_less_is_not_observed(spans):
    frames = still_face(200)
    frames["AU04"][:] = 0.3
    hide(frames, slice(0, 50))
    hide(frames, slice(100, 151))
    (enough, too_little), coverage = measured(frames, spans([(0, 10), (10, 20)]))
    assert np.isclose(enough["AU04_mean"], 0.3)
    assert all(np.isnan(value) for value in too_little.values())
    assert np.allclose(coverage, [0.5, 0.49])


def test_a_segment_between_two_frames_is_not_observed(spans):
    (row,), coverage = measured(still_face(50), spans([(2.01, 2.09)]))
    assert all(np.isnan(value) for value in row.values()) and coverage[0] == 0


def test_a_segment_past_the_video_is_not_observed(spans):
    (row,), coverage = measured(still_face(50), spans([(100, 110)]))
    assert all(np.isnan(value) for value in row.values()) and coverage[0] == 0


def test_blinks_a_minute(spans):
    frames = still_face(600)
    frames["blink_start"][[30, 130, 230, 330]] = 1.0
    (row, short), _ = measured(frames, spans([(0, 60), (0, 4)]))
    assert np.isclose(row["blinks_per_min"], 4.0)
    assert np.isnan(short["blinks_per_min"])


def test_hidden_time_does_not_thin_out_blinks(spans):
    frames = still_face(600)
    frames["blink_start"][[30, 130]] = 1.0
    hide(frames, slice(300, 600))
    (row,), _ = measured(frames, spans([(0, 60)]))
    assert np.isclose(row["blinks_per_min"], 4.0)


def test_head_speed_of_an_even_turn(spans):
    frames = still_face(100)
    frames["pose_yaw_deg"] = np.arange(100) * 0.3
    frames["pose_pitch_deg"] = np.arange(100) * 0.4
    (row,), _ = measured(frames, spans([(0, 10)]))
    assert np.isclose(row["head_speed_deg_per_s"], 5.0)


def test_a_gap_is_not_a_movement(spans):
    frames = still_face(100)
    frames["pose_yaw_deg"][60:] = 40.0
    hide(frames, slice(50, 60))
    (row,), _ = measured(frames, spans([(0, 10)]))
    assert row["head_speed_deg_per_s"] == 0.0


def test_no_segments_give_an_empty_table():
    _, coverage = measured(still_face(10), [])
    assert coverage.shape == (0,)
