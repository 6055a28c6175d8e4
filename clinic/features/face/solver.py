"""Action-unit intensities from a face mesh: the inverse of py-feat's linear mesh model."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinic.features.face.alignment import Alignment, align, rigid_modes
from clinic.features.face.model import IRIS, N_VERTICES, OUTLINE, MeshModel, load_mesh_model

#: Vertices that decide the alignment: those that action units move least.
N_STABLE_VERTICES = 120


@dataclass(frozen=True, kw_only=True, eq=False)
class Projection:
    """What the solver needs to know of a mesh: 21 numbers in place of 1434.

    Args:
        moments: Shape (n, 20), weighted inner products of the mesh's deviation from neutral
            with each action unit's field, in square millimetres.
        energy: Shape (n,), weighted mean square deviation from neutral, in square millimetres.
    """

    moments: NDArray[np.float64]
    energy: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ActionUnitSolver:
    """Regularised, bounded least squares of a mesh on the displacement fields of 20 AUs.

    A mesh is brought onto the model's neutral mesh by a similarity transform on the 120 vertices
    that action units move least. Shift, turn and size that are left over are fitted together
    with the intensities, so that neither an error of alignment nor the share of head motion
    in the model's fields is taken for expression.

    Args:
        ridge_mm2: Weight of the sum of squared intensities, in square millimetres: the larger,
            the nearer to zero an intensity stays that the mesh does not clearly show.
        maximum: Upper bound of an intensity; the lower bound is 0.
        depth_weight: Weight of the depth axis relative to the picture's axes; a single
            camera sees depth poorly.
        outline_weight: Weight of the vertices on the face's outline.
        tolerance: Largest change of an intensity in the last sweep.

    Source:
        The model is py-feat's (Cheong et al. 2023, doi:10.1007/s42761-023-00191-4); the
        inversion and its validation are in docs/features/face.md.
    """

    ridge_mm2: float
    maximum: float
    depth_weight: float = 0.3
    outline_weight: float = 0.3
    tolerance: float = 1e-5

    @property
    def names(self) -> tuple[str, ...]:
        """Action units in the order of the intensities."""
        return self._model.names

    def align(self, meshes: NDArray[np.float64]) -> Alignment:
        """Bring meshes into the model's frame, in millimetres of the canonical face.

        Args:
            meshes: Shape (n, 478, 3), finite, in any unit of length; x right in the picture,
                y up, z towards the camera.
        """
        return align(meshes, self._model.neutral, vertices=self._stable)

    def project(self, aligned: NDArray[np.float64]) -> Projection:
        """Reduce aligned meshes to what ``solve`` needs.

        Args:
            aligned: Shape (n, 478, 3), ``Alignment.meshes``.
        """
        weighted = (aligned - self._model.neutral).reshape(-1, 3 * N_VERTICES) * self._roots
        weighted -= (weighted @ self._rigid) @ self._rigid.T
        return Projection(moments=weighted @ self._fields.T, energy=np.square(weighted).sum(axis=1))

    def solve(
        self, moments: NDArray[np.float64], *, start: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Return intensities of shape (n, 20), each in [0, maximum].

        Coordinate descent: one intensity after the other is set to its best value, in all
        frames at once, until none moves by more than the tolerance. The function is strictly
        convex, so this ends at its only minimum.

        Args:
            moments: Shape (n, 20), of the mesh less those of the resting face.
            start: Shape (n, 20), intensities to begin with; they change the time, not the end.
        """
        matrix = self._gram + self.ridge_mm2 * np.eye(len(self.names))
        intensities = np.zeros_like(moments) if start is None else start.copy()
        for _ in range(2000):
            largest_change = 0.0
            for unit in range(len(self.names)):
                gradient = moments[:, unit] - intensities @ matrix[unit]
                old = intensities[:, unit].copy()
                new = np.clip(old + gradient / matrix[unit, unit], 0.0, self.maximum)
                intensities[:, unit] = new
                if len(new):
                    largest_change = max(largest_change, float(np.abs(new - old).max()))
            if largest_change <= self.tolerance:
                break
        return intensities

    def explained(self, intensities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the moments that intensities of shape (n, 20) account for."""
        return intensities @ self._gram

    def residual_mm(
        self, projection: Projection, intensities: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return, per frame, the weighted root mean square distance that is left unexplained.

        Args:
            intensities: Shape (n, 20), solved from ``projection.moments``.
        """
        explained = 2 * np.einsum("nk,nk->n", intensities, projection.moments)
        explained -= np.einsum("nj,jk,nk->n", intensities, self._gram, intensities)
        return np.sqrt(np.clip(projection.energy - explained, 0.0, None))

    @cached_property
    def _model(self) -> MeshModel:
        return load_mesh_model()

    @cached_property
    def _roots(self) -> NDArray[np.float64]:
        """Square roots of the weights per coordinate; weights sum to 3, one per axis."""
        weights = np.ones((N_VERTICES, 3))
        weights[:, 2] = self.depth_weight
        weights[list(OUTLINE)] *= self.outline_weight
        weights[list(IRIS)] = 0.0
        return np.sqrt(weights * (3.0 / weights.sum())).reshape(-1)

    @cached_property
    def _rigid(self) -> NDArray[np.float64]:
        """Orthonormal basis, shape (1434, 7), of the weighted rigid motions."""
        modes = rigid_modes(self._model.neutral).reshape(7, -1) * self._roots
        return np.linalg.qr(modes.T)[0]

    @cached_property
    def _fields(self) -> NDArray[np.float64]:
        """Weighted fields without their rigid share, shape (20, 1434)."""
        weighted = self._model.fields.reshape(len(self.names), -1) * self._roots
        return weighted - (weighted @ self._rigid) @ self._rigid.T

    @cached_property
    def _gram(self) -> NDArray[np.float64]:
        return self._fields @ self._fields.T

    @cached_property
    def _stable(self) -> NDArray[np.intp]:
        """Indices of the vertices that action units move least, irises and outline left out."""
        fields = self._model.fields
        modes = rigid_modes(self._model.neutral).reshape(7, -1)
        basis = np.linalg.qr(modes.T)[0]
        flat = fields.reshape(len(fields), -1)
        free = (flat - (flat @ basis) @ basis.T).reshape(fields.shape)
        movement = np.square(free).sum(axis=(0, 2))
        movement[[*IRIS, *OUTLINE]] = np.inf
        return np.sort(np.argsort(movement, kind="stable")[:N_STABLE_VERTICES])
