"""What the tracker makes of each action unit: displacement fields measured through it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.features.face.model import N_VERTICES

FILE = Path(__file__).resolve().parent / "weights" / "tracked_fields.safetensors"
SHA256 = "38e028732da862f56ecd2f4c6472a56f759c1dc437d6268c10baec523ce46085"


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackedFields:
    """How an aligned MediaPipe mesh moves, in millimetres of the canonical face.

    Args:
        names: Action units in the order of the fields.
        fields: Shape (20, 478, 3), per unit of intensity.
        turn: Shape (2, 478, 3), per degree of pitch and of yaw: what alignment leaves over when
            the head turns.
        card: How they were measured. JSON values.
    """

    names: tuple[str, ...]
    fields: NDArray[np.float64]
    turn: NDArray[np.float64]
    card: Mapping[str, object]

    def write(self, path: Path) -> str:
        """Write as safetensors in half precision (0.5 micrometres) and return the SHA-256."""
        from safetensors.numpy import save

        described = {"names": self.names, "card": dict(self.card)}
        data = save(
            {
                "fields": np.ascontiguousarray(self.fields, dtype=np.float16),
                "turn": np.ascontiguousarray(self.turn, dtype=np.float16),
            },
            metadata={"fields": json.dumps(described, sort_keys=True)},
        )
        path.write_bytes(data)
        return hashlib.sha256(data).hexdigest()


@cache
def load_tracked_fields(path: Path = FILE, sha256: str | None = None) -> TrackedFields:
    """Read the fields that ship with the package, after checking their hash.

    Args:
        sha256: Hash that the file must have; None: that of the shipped file.

    Raises:
        SetupError: No such file, or other bytes than the expected ones.
    """
    from safetensors.numpy import load

    if not path.is_file():
        raise SetupError(f"{path.name} is not installed: reinstall clinic-screening")
    data = path.read_bytes()
    found, wanted = hashlib.sha256(data).hexdigest(), sha256 or SHA256
    if found != wanted:
        raise SetupError(f"{path.name} has SHA-256 {found[:12]}..., {wanted[:12]}... needed")
    length = int.from_bytes(data[:8], "little")
    described = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["fields"])
    tensors = {name: tensor.astype(np.float64) for name, tensor in load(data).items()}
    names = tuple(described["names"])
    if tensors["fields"].shape != (len(names), N_VERTICES, 3):
        raise SetupError(f"{path.name}: fields {tensors['fields'].shape} for {len(names)} units")
    return TrackedFields(
        names=names, fields=tensors["fields"], turn=tensors["turn"], card=described["card"]
    )
