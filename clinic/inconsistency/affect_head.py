"""A linear affect head: its file, its hash, its answer."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

WEIGHTS_FOLDER = Path(__file__).resolve().parent / "weights"
DIMENSIONS = ("valence", "arousal", "dominance")


@dataclass(frozen=True, kw_only=True, eq=False)
class AffectHead:
    """``embedding @ coefficients + intercept``.

    Args:
        coefficients: Shape (n_embedding, 3): valence, arousal, dominance.
        intercept: Shape (3,), on the raters' 1-5 scale.
        encoder_sha256: Weights of the sentence encoder that the head was trained on.
    """

    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]
    encoder_sha256: str

    def predict(self, embeddings: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return shape (n, 3) on the raters' scale; a row with NaN stays NaN."""
        return embeddings @ self.coefficients + self.intercept

    def write(self, path: Path, *, trained_on: str) -> str:
        """Write the head as safetensors and return the file's SHA-256."""
        from safetensors.numpy import save

        data = save(
            {
                "coefficients": self.coefficients.astype(np.float32),
                "intercept": self.intercept.astype(np.float32),
            },
            # One entry, for the format keeps no order: equal heads must give equal bytes.
            metadata={
                "card": json.dumps(
                    {
                        "dimensions": DIMENSIONS,
                        "encoder_sha256": self.encoder_sha256,
                        "trained_on": trained_on,
                    },
                    sort_keys=True,
                )
            },
        )
        path.write_bytes(data)
        return hashlib.sha256(data).hexdigest()


@cache
def load_head(name: str, sha256: str) -> AffectHead:
    """Load a head that ships with the package, or one from a path, after checking its hash.

    Raises:
        SetupError: No such file, another hash than the setting says, or no affect head.
    """
    shipped = WEIGHTS_FOLDER / f"{name}.safetensors"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        raise SetupError(f"affect head {name!r} is neither shipped nor a file (weights)")
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise SetupError(
            f"affect head {name!r} has SHA-256 {found[:12]}..., {sha256[:12]}... needed "
            "(weights_sha256)"
        )
    return _parse(data, name)


def _parse(data: bytes, name: str) -> AffectHead:
    from safetensors.numpy import load

    tensors = load(data)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    card = json.loads(header.get("card", "{}"))
    if card.get("dimensions") != list(DIMENSIONS) or "encoder_sha256" not in card:
        raise SetupError(f"affect head {name!r}: dimensions {DIMENSIONS} and encoder needed")
    return AffectHead(
        coefficients=tensors["coefficients"].astype(np.float64),
        intercept=tensors["intercept"].astype(np.float64),
        encoder_sha256=card["encoder_sha256"],
    )
