"""Rigid alignment of meshes, and head angles from the rotation it finds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Alignment:
    """Meshes brought onto a template.

    Args:
        meshes: Shape (n, v, 3), all vertices after the transform, in the template's frame.
        rotations: Shape (n, 3, 3); ``rotation @ template_direction = observed_direction``.
        scales: Shape (n,), size of the observed mesh relative to the template.
    """

    meshes: NDArray[np.float64]
    rotations: NDArray[np.float64]
    scales: NDArray[np.float64]


def align(
    meshes: NDArray[np.float64], template: NDArray[np.float64], *, vertices: NDArray[np.intp]
) -> Alignment:
    """Find, per mesh, the similarity transform that brings the named vertices onto the template.

    Args:
        meshes: Shape (n, v, 3), finite, right-handed like the template.
        template: Shape (v, 3).
        vertices: Indices of the vertices that decide the transform; all are transformed.

    Source:
        Umeyama (1991), doi:10.1109/34.88573.
    """
    observed = meshes[:, vertices]
    wanted = template[vertices]
    observed_centre = observed.mean(axis=1, keepdims=True)
    wanted_centre = wanted.mean(axis=0)
    observed = observed - observed_centre
    wanted = wanted - wanted_centre
    covariance = np.einsum("nvi,vj->nij", observed, wanted)
    left, singular, right = np.linalg.svd(covariance)
    signs = np.ones((len(meshes), 3))
    signs[:, 2] = np.sign(np.linalg.det(left @ right))
    rotations = (left * signs[:, None, :]) @ right
    shrink = (singular * signs).sum(axis=1) / np.square(observed).sum(axis=(1, 2))
    aligned = shrink[:, None, None] * ((meshes - observed_centre) @ rotations) + wanted_centre
    return Alignment(meshes=aligned, rotations=rotations, scales=1.0 / shrink)


def head_angles_deg(rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return pitch, yaw and roll of the head, shape (n, 3), in degrees.

    The head is turned by yaw about the vertical, then pitch about the ear axis that has
    turned with it, then roll about the line of sight. Zero is facing the camera. Signs are
    OpenFace's: pitch positive is looking down, yaw positive is turned towards the left edge of
    the picture (to the person's own right), roll positive is tilted clockwise in the picture
    (towards the person's own left shoulder).

    Args:
        rotations: Shape (n, 3, 3) in axes x right in the picture, y up, z towards the camera.

    Example:
        >>> head_angles_deg(np.eye(3)[None]).round(1) + 0.0
        array([[0., 0., 0.]])
    """
    pitch = np.arcsin(np.clip(-rotations[:, 1, 2], -1.0, 1.0))
    yaw = -np.arctan2(rotations[:, 0, 2], rotations[:, 2, 2])
    roll = -np.arctan2(rotations[:, 1, 0], rotations[:, 1, 1])
    return np.degrees(np.stack([pitch, yaw, roll], axis=1))


def rigid_modes(template: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the seven small motions of a template: three shifts, three turns, growth.

    Returns:
        Shape (7, v, 3), not normalised.
    """
    centred = template - template.mean(axis=0)
    modes = [np.broadcast_to(axis, template.shape) for axis in np.eye(3)]
    modes += [np.cross(axis, centred) for axis in np.eye(3)]
    modes.append(centred)
    return np.stack(modes)
