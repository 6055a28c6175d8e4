"""Action-unit intensities from a face mesh: the inverse of a linear model of the mesh."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.features.face.alignment import Alignment, align, rigid_modes
from clinic.features.face.model import IRIS, N_VERTICES, OUTLINE, MeshModel, load_mesh_model
from clinic.features.face.tracked_fields import load_tracked_fields

#: Vertices that decide the alignment: those that action units move least.
N_STABLE_VERTICES = 120

FIELDS = ("model", "tracked")
#: Turns of the head up to this were shown when the tracked fields were measured; beyond it what
#: a turn adds is held.
LARGEST_TURN_DEG = 12.0
#: Sweeps between two looks at which frames have settled.
_SWEEPS = 5
_MOST_SWEEPS = 2000


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
    in the fields is taken for expression.

    Args:
        ridge_mm2: Weight of the sum of squared intensities, in square millimetres: the larger,
            the nearer to zero an intensity stays that the mesh does not clearly show.
        maximum: Upper bound of an intensity; the lower bound is 0.
        threshold_mm: A movement along an action unit's field that is smaller than this is none:
            weight of the sum of intensities, each times the size of its field. Of two accounts
            of a mesh it prefers the one with fewer action units.
        fields: ``model``, py-feat's, which tell an average face from others; or ``tracked``,
            the same as the tracker shows them, which tell a face from its own rest.
        depth_weight: Weight of the depth axis relative to the picture's axes; a single
            camera sees depth poorly.
        outline_weight: Weight of the vertices on the face's outline.
        tolerance: Largest change of an intensity in the last sweep.

    Source:
        The model is py-feat's (Cheong et al. 2023, doi:10.1007/s42761-023-00191-4); the
        inversion and its validation are in docs/features/face.md. The sum of intensities as a
        penalty: non-negative lasso (Tibshirani 1996, doi:10.1111/j.2517-6161.1996.tb02080.x).
    """

    ridge_mm2: float
    maximum: float
    threshold_mm: float = 0.0
    fields: str = "model"
    depth_weight: float = 0.3
    outline_weight: float = 0.3
    tolerance: float = 1e-5

    def __post_init__(self) -> None:
        if self.fields not in FIELDS:
            raise SetupError(f"fields {self.fields!r}, {' or '.join(FIELDS)} needed (solver)")

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
        weighted = self._weighted(aligned - self._model.neutral)
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
        pulls = np.ascontiguousarray((moments - self._thresholds).T)
        settled = np.zeros_like(pulls) if start is None else np.ascontiguousarray(start.T)
        moving = np.arange(pulls.shape[1])
        for _ in range(_MOST_SWEEPS // _SWEEPS):
            if not len(moving):
                break
            values = settled[:, moving]
            change = self._sweep(pulls[:, moving], values)
            settled[:, moving] = values
            moving = moving[change > self.tolerance]
        return np.ascontiguousarray(settled.T)

    def refit(
        self, moments: NDArray[np.float64], intensities: NDArray[np.float64], names: Sequence[str]
    ) -> NDArray[np.float64]:
        """Return intensities in which the named units take their best value, the others theirs.

        Args:
            moments: Shape (n, 20), as for ``solve``.
            intensities: Shape (n, 20).
        """
        result = intensities.copy()
        for name in names:
            unit = self.names.index(name)
            pull = moments[:, unit] - self._thresholds[unit] - result @ self._matrix[unit]
            result[:, unit] += pull / self._matrix[unit, unit]
            np.clip(result[:, unit], 0.0, self.maximum, out=result[:, unit])
        return result

    def without_turn(
        self, moments: NDArray[np.float64], head_deg: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return moments less what the turn of the head adds to a mesh after alignment.

        Nothing is known of it for py-feat's own fields, and nothing is taken off.

        Args:
            moments: Shape (n, 20).
            head_deg: Shape (n, 2) or more, pitch and yaw first.
        """
        held = np.clip(head_deg[:, :2], -LARGEST_TURN_DEG, LARGEST_TURN_DEG)
        return moments - held @ self._turn

    def mesh(self, intensities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the meshes, shape (n, 478, 3), that intensities of shape (n, 20) stand for."""
        return self._model.neutral + np.tensordot(intensities, self._moved, axes=1)

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
        return self._weighted(self._moved)

    @property
    def _moved(self) -> NDArray[np.float64]:
        """Displacements in millimetres, shape (20, 478, 3)."""
        return load_tracked_fields().fields if self.fields == "tracked" else self._model.fields

    def _weighted(self, moved: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return displacements of shape (n, 478, 3) weighted, without their rigid share."""
        weighted = moved.reshape(-1, 3 * N_VERTICES) * self._roots
        return np.asarray(weighted - (weighted @ self._rigid) @ self._rigid.T)

    def _sweep(
        self, pulls: NDArray[np.float64], values: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Improve values of shape (20, n) in place; return each frame's last largest change."""
        change = np.zeros(values.shape[1])
        for sweep in range(_SWEEPS):
            for unit, row in enumerate(self._matrix):
                old = values[unit].copy()
                new = old + (pulls[unit] - row @ values) / row[unit]
                np.clip(new, 0.0, self.maximum, out=new)
                values[unit] = new
                if sweep == _SWEEPS - 1:
                    np.maximum(change, np.abs(new - old), out=change)
        return change

    @cached_property
    def _matrix(self) -> NDArray[np.float64]:
        return self._gram + self.ridge_mm2 * np.eye(len(self.names))

    @cached_property
    def _thresholds(self) -> NDArray[np.float64]:
        """Shape (20,), in square millimetres: what a moment must exceed to be an action unit."""
        return self.threshold_mm * np.sqrt(np.diag(self._gram))

    @cached_property
    def _turn(self) -> NDArray[np.float64]:
        """Moments per degree of pitch and yaw, shape (2, 20)."""
        if self.fields == "model":
            return np.zeros((2, len(self.names)))
        return self._weighted(load_tracked_fields().turn) @ self._fields.T

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
