"""The measures of recovery, on answers whose errors are known; painted faces; measured fields."""

import numpy as np
import pytest
from omegaconf import OmegaConf
from scipy.spatial.transform import Rotation

from clinic.config import build, conf_folder
from clinic.features.face import ActionUnitSolver
from clinic.simulate.face_mesh import AU_NAMES
from clinic.validation.action_units.figure import heat_map
from clinic.validation.action_units.findings import Rules, trusted_of
from clinic.validation.action_units.planted_faces import PlantedFace, PlantedFaces
from clinic.validation.action_units.recovery import recovery
from clinic.validation.training.face_fields import fit

RULES = Rules(least_alone=0.8, most_cross_talk=0.3, least_mixed=0.5)


def planted_part(n_mixed: int = 300, seed: int = 0) -> tuple[np.ndarray, int]:
    rng = np.random.default_rng(seed)
    parts = []
    for unit in range(20):
        for level in (0.4, 0.8):
            part = np.zeros((12, 20))
            part[6:, unit] = level
            parts.append(part)
    mixed = np.where(rng.random((n_mixed, 20)) < 0.2, rng.uniform(0, 1, (n_mixed, 20)), 0)
    single = np.concatenate(parts)
    return np.concatenate([single, mixed]), len(single)


def answered(matrix: np.ndarray, persons: int = 2):
    planted, n = planted_part()
    return recovery(AU_NAMES, [planted] * persons, [planted @ matrix] * persons, [n] * persons)


def test_a_perfect_answer_is_perfect():
    found = answered(np.eye(20))
    assert np.allclose(found.alone, 1) and np.allclose(found.mixed, 1)
    assert np.allclose(found.gain(), 1)
    assert np.allclose(found.cross_talk(AU_NAMES), 0, atol=1e-9)
    assert trusted_of(found, RULES, masked=()) == AU_NAMES


def test_a_leak_counts_relative_to_the_own_answer_and_only_among_the_shown():
    """Half the gain doubles the cross-talk of the same leak: shrinking flatters nobody."""
    leak = np.eye(20)
    leak[3, 7] = -0.2
    assert answered(leak).cross_talk(AU_NAMES)[3] == pytest.approx(0.2)
    leak[3, 3] = 0.5
    found = answered(leak)
    assert found.cross_talk(AU_NAMES)[3] == pytest.approx(0.4)
    assert found.gain()[3] == pytest.approx(0.5)
    others = [name for name in AU_NAMES if name != AU_NAMES[7]]
    assert found.cross_talk(others)[3] == pytest.approx(0, abs=1e-9)
    assert AU_NAMES[3] not in trusted_of(found, RULES, masked=())
    assert AU_NAMES[3] in trusted_of(found, RULES, masked=(AU_NAMES[7],))


def test_a_unit_that_never_answers_is_not_trusted():
    dead = np.eye(20)
    dead[5, 5] = 0.0
    found = answered(dead)
    assert np.allclose(found.alone[:, 5], 0)
    assert AU_NAMES[5] not in trusted_of(found, RULES, masked=())


def test_a_unit_that_is_lost_in_mixtures_is_not_trusted():
    planted, n = planted_part()
    answer = planted.copy()
    answer[n:, 2] = np.random.default_rng(1).permutation(answer[n:, 2])
    found = recovery(AU_NAMES, [planted], [answer], [n])
    assert found.alone[0, 2] == pytest.approx(1) and abs(found.mixed[0, 2]) < 0.3
    assert trusted_of(found, RULES, masked=()) == tuple(a for a in AU_NAMES if a != AU_NAMES[2])


def test_frames_without_a_face_are_left_out():
    planted, n = planted_part()
    answer = planted.copy()
    answer[::7] = np.nan
    found = recovery(AU_NAMES, [planted], [answer], [n])
    assert np.allclose(found.alone, 1) and np.allclose(found.gain(), 1)


def test_the_heat_map_names_every_unit_and_writes_every_leak():
    import xml.etree.ElementTree as ElementTree

    relative = np.eye(20)
    relative[1, 2] = -0.31
    svg = heat_map(AU_NAMES, relative, title="a < b")
    texts = [node.text for node in ElementTree.fromstring(svg).iter() if node.text]
    assert texts.count("-.31") == 1 and texts.count("1.00") == 20
    assert all(texts.count(name) == 2 for name in AU_NAMES)


@pytest.fixture(scope="module")
def faces(shipped_face):
    population = OmegaConf.load(conf_folder() / "simulate" / "population" / "balanced.yaml")
    return PlantedFaces(
        population=build(population),
        tracker=shipped_face.tracker,
        levels=(1.0,),
        au_gain=1.0,
        side_px=240,
        held_s=0.3,
        rest_s=0.1,
        mixed_s=1.0,
    )


def test_painted_faces_are_followed_and_show_one_unit_at_a_time_first(faces):
    first, other = (faces.face(person, seed=5) for person in (2, 3))
    assert len(first.planted) == len(first.meshes_px) == 20 * 4 + 10
    assert first.n_single == 80
    assert np.isfinite(first.meshes_px).mean() > 0.95
    single = first.planted[: first.n_single]
    assert ((single > 0).sum(axis=1) <= 1).all() and (single.max(axis=0) > 0.8).all()
    assert (other.planted[:80] != single).any()


def test_fields_are_measured_apart_from_turns_and_shapes_of_faces():
    """Meshes made of known fields, each person of another shape, give the fields again."""
    rng = np.random.default_rng(2)
    solver = ActionUnitSolver(ridge_mm2=0.1, maximum=1.5)
    made = []
    for person in range(3):
        planted = np.repeat(planted_part(0, person)[0][rng.permutation(480)], 2, axis=0)
        # Shapes that leave the vertices alone which decide the alignment.
        shape = rng.normal(0, 1.0, (478, 3))
        shape[solver._stable] = 0.0
        meshes = solver.mesh(planted) + shape
        # Without heads that turn by themselves the tilt of a field would pass for a turn.
        angles = rng.normal(0, 6, (len(meshes), 2))
        turns = Rotation.from_euler("yx", angles, degrees=True).as_matrix()
        meshes = 2.0 * np.einsum("nij,nvj->nvi", turns, meshes) * [1.0, -1.0, -1.0]
        made.append(
            PlantedFace(
                person=person,
                planted=planted,
                n_single=len(planted),
                meshes_px=meshes.astype(np.float32),
            )
        )
    found = fit(made, au_gain=1.0, card={})
    free = solver._weighted(found.fields), solver._fields
    alike = (free[0] * free[1]).sum(axis=1) / np.prod(
        [np.linalg.norm(part, axis=1) for part in free], axis=0
    )
    assert found.names == AU_NAMES and found.turn.shape == (2, 478, 3)
    assert alike.min() > 0.95
