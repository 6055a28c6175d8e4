"""Head angles, gaze, eye opening and blinks against geometry made by formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.features.face import EyeMeasures
from clinic.features.face.alignment import align, head_angles_deg
from clinic.features.face.eyes import eye_opening, gaze_angles_deg
from clinic.features.face.model import load_mesh_model

NEUTRAL = load_mesh_model().neutral
EVERY = np.arange(478)
EYES = EyeMeasures(
    closing_share=0.6,
    reopening_share=0.75,
    longest_blink_s=0.5,
    min_blink_rate_hz=8.0,
    away_deg=15.0,
)


def turn(axis: str, angle_deg: float) -> np.ndarray:
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def angles_of(mesh: np.ndarray) -> np.ndarray:
    return head_angles_deg(align(mesh[None], NEUTRAL, vertices=EVERY).rotations)[0]


def test_lowering_the_nose_is_positive_pitch():
    mesh = NEUTRAL @ turn("x", 20).T
    assert mesh[4, 1] < NEUTRAL[4, 1]
    assert np.allclose(angles_of(mesh), [20, 0, 0], atol=1e-6)


def test_turning_the_nose_to_the_left_of_the_picture_is_positive_yaw():
    mesh = NEUTRAL @ turn("y", -20).T
    assert mesh[4, 0] < NEUTRAL[4, 0]
    assert np.allclose(angles_of(mesh), [0, 20, 0], atol=1e-6)


def test_tilting_the_forehead_to_the_right_of_the_picture_is_positive_roll():
    mesh = NEUTRAL @ turn("z", -20).T
    assert mesh[10, 0] > NEUTRAL[10, 0]
    assert np.allclose(angles_of(mesh), [0, 0, 20], atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(-60, 60), st.floats(-70, 70), st.floats(-80, 80), st.floats(0.1, 10))
def test_combined_turns_come_back(pitch, yaw, roll, size):
    rotation = turn("y", -yaw) @ turn("x", pitch) @ turn("z", -roll)
    mesh = size * NEUTRAL @ rotation.T + 7.0
    assert np.allclose(angles_of(mesh), [pitch, yaw, roll], atol=1e-6)


def test_alignment_never_mirrors():
    mirrored = NEUTRAL * [-1.0, 1.0, 1.0]
    rotation = align(mirrored[None], NEUTRAL, vertices=EVERY).rotations[0]
    assert np.isclose(np.linalg.det(rotation), 1.0)


def with_iris_moved(right: float, up: float) -> np.ndarray:
    mesh = NEUTRAL.copy()
    mesh[468:478] += [right, up, 0.0]
    return mesh[None]


def test_gaze_of_the_neutral_face_is_straight():
    assert np.allclose(gaze_angles_deg(NEUTRAL[None], neutral=NEUTRAL), 0.0)


def test_iris_moved_down_and_left_is_positive_pitch_and_yaw():
    pitch, yaw = gaze_angles_deg(with_iris_moved(-2.0, -1.0), neutral=NEUTRAL)[0]
    # 2 mm on a radius of a third of 29 mm.
    assert 9 < yaw < 15 and 4 < pitch < 8


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_eye_opening_is_the_distance_of_the_lids(share):
    mesh = NEUTRAL.copy()
    for up, down in ((160, 144), (158, 153), (387, 373), (385, 380)):
        middle = (mesh[up] + mesh[down]) / 2
        mesh[up] = middle + share * (NEUTRAL[up] - middle)
        mesh[down] = middle + share * (NEUTRAL[down] - middle)
    assert np.isclose(eye_opening(mesh[None])[0], share * eye_opening(NEUTRAL[None])[0])


def opening_with(closures: list[tuple[float, float]], rate_hz: float = 30.0) -> tuple:
    time_s = np.arange(0, 20, 1 / rate_hz)
    opening = np.full(len(time_s), 0.3) + 0.01 * np.sin(time_s)
    for start_s, length_s in closures:
        opening[(time_s >= start_s) & (time_s < start_s + length_s)] = 0.05
    return time_s, opening


def test_each_blink_is_counted_once_and_a_long_closure_is_none():
    time_s, opening = opening_with([(2.0, 0.2), (5.0, 0.3), (9.0, 3.0), (15.0, 0.1)])
    starts, closed = EYES.blinks(time_s, opening)
    assert np.allclose(time_s[starts], [2.0, 5.0, 15.0], atol=1 / 30)
    assert np.isclose(closed.mean(), 3.6 / 20, atol=0.01)


def test_flutter_between_the_two_thresholds_is_no_blink():
    time_s, opening = opening_with([])
    opening[::2] *= 0.7
    assert EYES.blinks(time_s, opening)[0].sum() == 0


def test_flutter_around_the_closing_threshold_is_one_blink():
    time_s, opening = opening_with([(4.0, 0.3)])
    inside = (time_s >= 4.0) & (time_s < 4.3)
    opening[inside] = np.where(np.arange(inside.sum()) % 2, 0.3 * 0.65, 0.3 * 0.55)
    assert EYES.blinks(time_s, opening)[0].sum() == 1


def test_a_face_that_leaves_with_closed_eyes_has_not_blinked():
    time_s, opening = opening_with([(4.0, 1.0)])
    opening[(time_s >= 4.1) & (time_s < 8)] = np.nan
    assert EYES.blinks(time_s, opening)[0].sum() == 0


def test_a_face_that_appears_with_closed_eyes_has_not_blinked():
    time_s, opening = opening_with([(0.0, 0.2)])
    starts, closed = EYES.blinks(time_s, opening)
    assert starts.sum() == 0 and closed[0]


def test_nothing_observed_is_no_blink_and_no_gaze():
    nothing = np.full(5, np.nan)
    starts, closed = EYES.blinks(np.arange(5.0), nothing)
    assert not starts.any() and not closed.any()
    assert np.isnan(EYES.away(np.full((5, 2), np.nan), np.full((5, 2), np.nan))).all()


def test_looking_away_is_measured_from_the_usual_line_of_sight():
    head = np.tile([10.0, -30.0], (100, 1))
    gaze = np.zeros((100, 2))
    gaze[:20, 1] = 16.0
    gaze[20:40, 1] = 14.0
    away = EYES.away(head, gaze)
    assert away[:20].all() and not away[20:].any()


def test_head_and_eyes_that_cancel_are_not_away():
    head = np.zeros((100, 2))
    head[:30, 1] = 25.0
    assert not EYES.away(head, -head).any()


def test_reopening_below_closing_is_refused():
    with pytest.raises(ValueError, match="closing < reopening"):
        EyeMeasures(
            closing_share=0.8,
            reopening_share=0.7,
            longest_blink_s=0.5,
            min_blink_rate_hz=8.0,
            away_deg=15.0,
        )
