"""The painted face: it moves as the mesh model says, and the project's own reader finds it."""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.records import Frame, Recording
from clinic.simulate.face_mesh import (
    AU_NAMES,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    LIPS_INNER_LOWER,
    LIPS_INNER_UPPER,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
    load_face_model,
    rotation,
)
from clinic.simulate.face_render import Pose

SIZE = ("media.width_px=320", "media.height_px=320", "seed=11")
N_FRAMES = 4  # of each still: the reader's tracker needs a few to settle
NOSE_TIP, FOREHEAD, CHIN = 1, 10, 152
MOUTH_CORNERS, INNER_BROWS = (61, 291), (55, 285)


def units(**planted):
    """Intensities, shape (20,), from names."""
    values = np.zeros(len(AU_NAMES))
    for name, intensity in planted.items():
        values[AU_NAMES.index(name)] = intensity
    return values


@pytest.fixture(scope="module")
def large(make_simulator):
    return make_simulator(*SIZE)


@pytest.fixture(scope="module")
def renderer(large):
    return large.renderer(large.participant(1))


# --- geometry -------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(0, 1.2), min_size=20, max_size=20))
def test_the_mesh_moves_as_py_feat_says_times_the_gain(renderer, large, intensities):
    """The model's file is read here a second time, by its own layout: (AU, axis, point)."""
    folder = Path(find_spec("feat").submodule_search_locations[0]) / "resources"
    with np.load(folder / "au_to_mesh_pls_v4.npz", allow_pickle=False) as stored:
        fields = stored["coef"][:20].reshape(20, 3, 478)
    expected = large.au_gain * np.einsum("a,axp->px", intensities, fields)
    moved = renderer.points(np.array(intensities)) - renderer.points(np.zeros(20))
    lids_and_lips = {
        *(*RIGHT_EYE_UPPER, *RIGHT_EYE_LOWER, *LEFT_EYE_UPPER, *LEFT_EYE_LOWER),
        *(*LIPS_INNER_UPPER, *LIPS_INNER_LOWER),
    }
    free = [p for p in range(478) if p not in lids_and_lips]
    np.testing.assert_allclose(moved[free], expected[free], atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1.3), min_size=20, max_size=20))
def test_lids_and_lips_never_cross(renderer, intensities):
    y = renderer.points(np.array(intensities))[:, 1]
    for upper, lower in (
        (RIGHT_EYE_UPPER, RIGHT_EYE_LOWER),
        (LEFT_EYE_UPPER, LEFT_EYE_LOWER),
        (LIPS_INNER_UPPER, LIPS_INNER_LOWER),
    ):
        assert (y[list(upper)] - y[list(lower)] > -1e-9).all()


def test_action_units_move_what_they_are_named_for(renderer):
    rest = renderer.points(units())
    smile, frown, shut, drop = (
        renderer.points(units(**{u: 1.0})) for u in ("AU12", "AU04", "AU43", "AU26")
    )
    corners, brows = list(MOUTH_CORNERS), list(INNER_BROWS)
    assert (smile[corners, 1] > rest[corners, 1] + 2).all()
    assert np.ptp(smile[corners, 0]) > np.ptp(rest[corners, 0]) + 2
    assert (frown[brows, 1] < rest[brows, 1] - 1).all()
    assert np.ptp(frown[brows, 0]) < np.ptp(rest[brows, 0])

    def eyes(mesh):
        return (mesh[[159, 386], 1] - mesh[[145, 374], 1]).mean()

    assert eyes(shut) < 0.3 * eyes(rest)
    assert drop[CHIN, 1] < rest[CHIN, 1] - 5


angles = st.floats(-60, 60)


@given(angles, angles, angles)
def test_a_rotation_keeps_lengths_and_handedness(pitch, yaw, roll):
    matrix = rotation(pitch, yaw, roll)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1.0)


def test_a_pose_turns_the_picture_the_stated_way(renderer):
    mesh = renderer.points(units())
    rest = renderer.project(mesh, Pose())
    right = renderer.project(mesh, Pose(yaw_deg=15))
    down = renderer.project(mesh, Pose(pitch_deg=15))
    leaning = renderer.project(mesh, Pose(roll_deg=15))
    assert right[NOSE_TIP, 0] > rest[NOSE_TIP, 0] + 5
    assert down[NOSE_TIP, 1] > rest[NOSE_TIP, 1] + 5
    assert leaning[FOREHEAD, 0] < rest[FOREHEAD, 0] - 5


def dark_centre(image, renderer, pose):
    """Centre of the dark in the right eye's opening, relative to the eye's corners, in pixels."""
    mesh = renderer.project(renderer.points(units()), pose)
    corners = mesh[[33, 133]].mean(axis=0)
    x, y = np.round(corners).astype(int)
    patch = 255.0 - image[y - 5 : y + 6, x - 9 : x + 10].mean(axis=2)
    weight = np.clip(patch - np.percentile(patch, 70), 0, None)
    rows, columns = np.mgrid[-5:6, -9:10]
    return (columns * weight).sum() / weight.sum(), (rows * weight).sum() / weight.sum()


def test_the_iris_follows_the_gaze(renderer):
    looks = {
        name: dark_centre(renderer.frame(units(), pose), renderer, pose)
        for name, pose in {
            "left": Pose(gaze_side_deg=-12),
            "right": Pose(gaze_side_deg=12),
            "up": Pose(gaze_down_deg=-6),
            "down": Pose(gaze_down_deg=10),
        }.items()
    }
    assert looks["right"][0] > looks["left"][0] + 1.5
    assert looks["down"][1] > looks["up"][1] + 0.3


# --- pictures -------------------------------------------------------------------------------------


def test_the_same_person_is_painted_the_same_and_another_is_not(large, renderer):
    planted, pose = units(AU12=0.6, AU26=0.3), Pose(yaw_deg=5, gaze_down_deg=4)
    first = renderer.frame(planted, pose)
    again = large.renderer(large.participant(1)).frame(planted, pose)
    other = large.renderer(large.participant(2)).frame(planted, pose)
    assert first.shape == (320, 320, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 5


def test_a_frame_leaves_no_trace_in_the_next(renderer):
    before = renderer.frame(units(), Pose())
    renderer.frame(units(AU26=1.2, AU43=1.0), Pose(yaw_deg=15, roll_deg=10))
    np.testing.assert_array_equal(renderer.frame(units(), Pose()), before)


# --- read again by the project's own face component -----------------------------------------------

STILLS = {
    "neutral": (units(), Pose()),
    **{name: (units(**{name: 1.0}), Pose()) for name in ("AU01", "AU04", "AU12", "AU26", "AU43")},
    "viewers_right": (units(), Pose(yaw_deg=15)),
    "viewers_left": (units(), Pose(yaw_deg=-15)),
    "down": (units(), Pose(pitch_deg=12)),
    "up": (units(), Pose(pitch_deg=-12)),
    "leaning": (units(), Pose(roll_deg=12)),
    "eyes_right": (units(), Pose(gaze_side_deg=15)),
    "eyes_left": (units(), Pose(gaze_side_deg=-15)),
}


@dataclass(frozen=True)
class Stills:
    """Pictures shown one after the other, as a video track."""

    images: list
    frame_rate_hz: float = 10.0
    width_px: int = 320
    height_px: int = 320
    start_s: float = 0.0
    duration_s: float = 10.0

    def frames(self, *, rate_hz, max_side_px=None):
        for index, image in enumerate(self.images):
            yield Frame(time_s=index / rate_hz, image=image)


@pytest.fixture(scope="module", params=[1, 2])
def read(request, large):
    """``read(still, column)``: what the shipped face component measures in one look's stills."""
    painter = large.renderer(large.participant(request.param))
    images = [
        image
        for planted, pose in STILLS.values()
        for image in [painter.frame(planted, pose)] * N_FRAMES
    ]
    recording = Recording(
        recording_id="r-0001",
        participant_id="p-0001",
        sha256="0" * 64,
        duration_s=10.0,
        audio=None,
        video=Stills(images),
    )
    component = build(OmegaConf.load(conf_folder() / "features" / "face.yaml").face)
    frames = component.extract(recording, []).frames
    values = frames.values.reshape(len(STILLS), N_FRAMES, -1)[:, N_FRAMES // 2 :].mean(axis=1)
    rows, columns = list(STILLS), list(frames.columns)
    return lambda still, column: float(values[rows.index(still), columns.index(column)])


def test_a_face_is_found_in_every_picture(read):
    assert [still for still in STILLS if read(still, "face_found") < 1] == []


@pytest.mark.parametrize(
    ("unit", "rise"), [("AU01", 0.15), ("AU04", 0.08), ("AU12", 0.3), ("AU26", 0.4), ("AU43", 0.2)]
)
def test_a_planted_action_unit_is_read_as_that_one(read, unit, rise):
    """Higher than in the neutral face, and the one that rises most of those planted here."""
    rises = {u: read(unit, u) - read("neutral", u) for u in STILLS if u.startswith("AU")}
    assert rises[unit] > rise
    assert max(rises, key=rises.__getitem__) == unit


def test_closed_eyes_are_read_as_closed(read):
    assert read("AU43", "eye_opening") < 0.7 * read("neutral", "eye_opening")


def test_head_turns_are_read_with_their_sign_and_size(read):
    """Planted yaw and roll count to the viewer's right and left, the reader's the person's."""
    yaw = [read(still, "pose_yaw_deg") for still in ("viewers_right", "neutral", "viewers_left")]
    assert yaw[1] - yaw[0] == pytest.approx(15, abs=5)
    assert yaw[2] - yaw[1] == pytest.approx(15, abs=5)
    pitch = [read(still, "pose_pitch_deg") for still in ("down", "neutral", "up")]
    assert pitch[0] - pitch[1] == pytest.approx(12, abs=5)
    assert pitch[1] - pitch[2] == pytest.approx(12, abs=5)
    tilt = read("leaning", "pose_roll_deg") - read("neutral", "pose_roll_deg")
    assert tilt == pytest.approx(-12, abs=3)


def test_gaze_is_read_with_its_sign(read):
    neutral = read("neutral", "gaze_yaw_deg")
    assert read("eyes_right", "gaze_yaw_deg") < neutral - 4
    assert read("eyes_left", "gaze_yaw_deg") > neutral + 4


def test_a_stronger_gain_shows_more(large):
    person = large.participant(1)
    weak, strong = (replace(large, au_gain=gain).renderer(person) for gain in (0.5, 1.5))
    rest = weak.points(units())
    moves = [np.abs(r.points(units(AU12=1.0)) - rest).max() for r in (weak, strong)]
    assert moves[1] == pytest.approx(3 * moves[0])


def test_the_model_has_one_mesh_and_closed_triangles():
    model = load_face_model()
    assert model.neutral.shape == (478, 3)
    assert model.displacement.shape == (20, 478, 3)
    assert set(range(468)) <= set(model.triangles.ravel())
    assert model.triangles.max() < 478
