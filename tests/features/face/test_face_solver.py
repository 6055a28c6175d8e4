"""Planted action units come back; the shape and pose of a face do not pass for them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear
from scipy.spatial.transform import Rotation

from clinic.errors import SetupError
from clinic.features.face import ActionUnitSolver, RestingFace
from clinic.features.face.model import load_mesh_model
from clinic.weights import known_weights

MODEL = load_mesh_model()
LIGHT = ActionUnitSolver(ridge_mm2=0.001, maximum=1.5, tolerance=1e-6)
SHIPPED = ActionUnitSolver(ridge_mm2=0.6, maximum=1.5)


def solved(solver: ActionUnitSolver, meshes: np.ndarray) -> np.ndarray:
    return solver.solve(solver.project(solver.align(meshes).meshes).moments)


def planted(rng: np.random.Generator, n: int) -> np.ndarray:
    """Each action unit in a fifth of the meshes, between 0.2 and 1."""
    return np.where(rng.random((n, 20)) < 0.2, rng.uniform(0.2, 1.0, (n, 20)), 0.0)


def test_model_is_the_listed_file_with_a_symmetric_face_in_millimetres():
    assert known_weights()["au_to_mesh_pls_v4"].sha256 == MODEL.sha256
    assert len(MODEL.names) == 20 and MODEL.fields.shape == (20, 478, 3)
    # Outer eye corners of an adult are some 90 mm apart, the forehead is above the chin, and
    # the nose is nearest to the camera.
    assert 80 < np.linalg.norm(MODEL.neutral[33] - MODEL.neutral[263]) < 105
    assert MODEL.neutral[10, 1] > MODEL.neutral[152, 1]
    assert np.argmax(MODEL.neutral[:, 2]) in (1, 4)


def test_smile_field_raises_the_lip_corners_and_jaw_field_lowers_the_chin():
    names = list(MODEL.names)
    nose = MODEL.fields[:, 4]
    corner = MODEL.fields[:, 61] - nose
    lip = MODEL.fields[:, 17] - nose
    assert corner[names.index("AU12"), 1] > 1.0
    assert lip[names.index("AU26"), 1] < -5.0


def test_planted_intensities_come_back_without_noise():
    rng = np.random.default_rng(1)
    truth = planted(rng, 200)
    error = solved(LIGHT, MODEL.mesh(truth)) - truth
    assert np.sqrt(np.mean(error**2)) < 0.03


@pytest.mark.parametrize("noise_mm", [0.1, 0.25])
def test_planted_intensities_come_back_in_noise_at_the_shipped_ridge(noise_mm):
    rng = np.random.default_rng(2)
    truth = planted(rng, 400)
    meshes = MODEL.mesh(truth) + rng.normal(0, noise_mm, (400, 478, 3))
    found = solved(SHIPPED, meshes)
    r = [np.corrcoef(truth[:, k], found[:, k])[0, 1] for k in range(20)]
    assert min(r) > 0.55 and np.mean(r) > 0.85
    # Shrunk towards zero, never blown up.
    gain = np.linalg.lstsq(np.c_[truth, np.ones(400)], found, rcond=None)[0][:20]
    assert np.all(np.diag(gain) > 0.1) and np.all(np.diag(gain) < 1.05)
    assert np.abs(gain - np.diag(np.diag(gain))).max() < 0.35


def test_neutral_face_has_no_action_unit():
    assert solved(SHIPPED, MODEL.neutral[None]).max() < 1e-9


@settings(max_examples=25, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-35, 35)] * 3),
    size=st.floats(0.2, 20),
    shift=st.floats(-2000, 2000),
)
def test_pose_size_and_place_change_nothing(angles, size, shift):
    truth = np.zeros((1, 20))
    truth[0, [MODEL.names.index("AU12"), MODEL.names.index("AU06")]] = 0.8
    mesh = MODEL.mesh(truth)
    turned = size * mesh @ Rotation.from_euler("yxz", angles, degrees=True).as_matrix().T + shift
    assert np.allclose(solved(SHIPPED, turned), solved(SHIPPED, mesh), atol=1e-3)


def test_agrees_with_scipy_bounded_least_squares():
    rng = np.random.default_rng(3)
    meshes = MODEL.mesh(rng.uniform(0, 1.5, (12, 20))) + rng.normal(0, 2.0, (12, 478, 3))
    projection = SHIPPED.project(SHIPPED.align(meshes).meshes)
    ours = SHIPPED.solve(projection.moments)
    root = np.linalg.cholesky(SHIPPED._gram + 0.6 * np.eye(20))
    for moments, intensities in zip(projection.moments, ours, strict=True):
        target = np.linalg.solve(root, moments)
        theirs = lsq_linear(root.T, target, bounds=(0, 1.5), tol=1e-12).x
        assert np.allclose(intensities, theirs, atol=2e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_intensities_stay_in_bounds_whatever_comes(seed):
    meshes = MODEL.neutral + np.random.default_rng(seed).normal(0, 20, (3, 478, 3))
    found = solved(SHIPPED, meshes)
    assert found.min() >= 0 and found.max() <= 1.5


def test_residual_is_what_the_model_leaves_over():
    rng = np.random.default_rng(4)
    exact = SHIPPED.project(SHIPPED.align(MODEL.mesh(np.zeros((1, 20)))).meshes)
    assert SHIPPED.residual_mm(exact, np.zeros((1, 20)))[0] < 1e-6
    noisy = MODEL.neutral + rng.normal(0, 1.0, (50, 478, 3))
    projection = SHIPPED.project(SHIPPED.align(noisy).meshes)
    residual = SHIPPED.residual_mm(projection, SHIPPED.solve(projection.moments))
    # Weights sum to 3, one per axis: noise of 1 mm an axis is sqrt(3) mm.
    assert np.allclose(residual.mean(), np.sqrt(3), rtol=0.1)


def test_no_frames_give_no_rows():
    projection = SHIPPED.project(SHIPPED.align(np.empty((0, 478, 3))).meshes)
    assert SHIPPED.solve(projection.moments).shape == (0, 20)


def test_another_face_shape_is_taken_off_by_its_own_resting_face():
    """The mistake that would flatter us the other way: a low brow read as a frown."""
    rng = np.random.default_rng(5)
    # A face of another shape: smooth bulges of some millimetres.
    centres, heights = rng.normal(0, 60, (12, 3)), rng.normal(0, 3.0, (12, 3))
    distance = np.linalg.norm(MODEL.neutral[:, None] - centres, axis=2)
    shape = np.exp(-((distance / 40) ** 2)) @ heights
    truth = planted(rng, 300)
    meshes = MODEL.mesh(truth) + shape + rng.normal(0, 0.2, (300, 478, 3))
    moments = SHIPPED.project(SHIPPED.align(meshes).meshes).moments
    absolute = SHIPPED.solve(moments)
    person = RestingFace(reference="person", min_observed_s=30.0)
    resting, notes = person.moments(moments, observed_s=30.0, solver=SHIPPED)
    assert notes == ()
    relative = SHIPPED.solve(moments - resting)
    assert np.abs(relative - truth).mean() < 0.75 * np.abs(absolute - truth).mean()


def test_resting_face_leaves_a_neutral_person_alone():
    truth = planted(np.random.default_rng(6), 300)
    moments = SHIPPED.project(SHIPPED.align(MODEL.mesh(truth)).meshes).moments
    person = RestingFace(reference="person", min_observed_s=0.0)
    resting, _ = person.moments(moments, observed_s=30.0, solver=SHIPPED)
    difference = SHIPPED.solve(moments - resting) - SHIPPED.solve(moments)
    assert np.sqrt(np.mean(difference**2)) < 0.1


def test_another_start_ends_at_the_same_minimum():
    rng = np.random.default_rng(7)
    moments = SHIPPED.project(SHIPPED.align(MODEL.mesh(planted(rng, 20))).meshes).moments
    other = SHIPPED.solve(moments, start=rng.uniform(0, 1.5, (20, 20)))
    assert np.allclose(SHIPPED.solve(moments), other, atol=2e-3)


def test_unknown_reference_is_refused():
    with pytest.raises(SetupError, match="'mine', population or person needed"):
        RestingFace(reference="mine", min_observed_s=30.0)


def test_too_little_time_for_a_resting_face_is_said():
    person = RestingFace(reference="person", min_observed_s=30.0)
    resting, notes = person.moments(np.zeros((99, 20)), observed_s=9.9, solver=SHIPPED)
    assert resting is None
    assert "10 s of usable face, 30 s needed" in notes[0] and "min_observed_s" in notes[0]
