"""A trained head of none or more hidden layers: its file, its hash, its answer without torch."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError

Floats = NDArray[np.float64]

WEIGHTS_FOLDER = Path(__file__).resolve().parent.parent / "weights"

LINKS = ("identity", "sigmoid", "softmax")


@dataclass(frozen=True, kw_only=True, eq=False)
class DenseHead:
    """``link(W_n relu(... relu(W_1 z + b_1)) + b_n)`` with ``z = (x - centre) / scale``.

    Args:
        inputs: Name of each input column, in order.
        outputs: Name of each answer, in order.
        link: One of ``LINKS``.
        centre, scale: Shape (n_inputs,).
        layers: Pairs of weights (n_in, n_out) and bias (n_out,); one pair is a linear head.
        card: What was trained on what: licence, data, hash of the encoder ... JSON values.

    Raises:
        SetupError: Shapes or link do not fit together.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    link: str
    centre: Floats
    scale: Floats
    layers: tuple[tuple[Floats, Floats], ...]
    card: Mapping[str, object]

    def __post_init__(self) -> None:
        if self.link not in LINKS:
            raise SetupError(f"affect head: link {self.link!r}, one of {LINKS} needed")
        width = len(self.inputs)
        if self.centre.shape != (width,) or self.scale.shape != (width,):
            raise SetupError(f"affect head: centre or scale do not match {width} inputs")
        for weights, bias in self.layers:
            if weights.shape != (width, len(bias)):
                raise SetupError(f"affect head: layer {weights.shape} after {width} values")
            width = len(bias)
        if width != len(self.outputs):
            raise SetupError(f"affect head: {width} answers, {len(self.outputs)} named")

    def predict(self, inputs: Floats) -> Floats:
        """Return shape (n, n_outputs) for inputs (n, n_inputs); a row with NaN is NaN."""
        values = (inputs - self.centre) / self.scale
        for place, (weights, bias) in enumerate(self.layers):
            values = (np.maximum(values, 0.0) if place else values) @ weights + bias
        return _LINKS[self.link](values)

    def write(self, path: Path) -> str:
        """Write the head as safetensors and return the file's SHA-256."""
        from safetensors.numpy import save

        tensors = {"centre": self.centre, "scale": self.scale}
        for place, (weights, bias) in enumerate(self.layers):
            tensors |= {f"weights_{place}": weights, f"bias_{place}": bias}
        described = {
            "inputs": self.inputs,
            "outputs": self.outputs,
            "link": self.link,
            "card": dict(self.card),
        }
        data = save(
            {name: np.ascontiguousarray(t, dtype=np.float32) for name, t in tensors.items()},
            # One entry, for the format keeps no order: equal heads must give equal bytes.
            metadata={"head": json.dumps(described, sort_keys=True)},
        )
        path.write_bytes(data)
        return hashlib.sha256(data).hexdigest()


@cache
def load_dense_head(name: str, sha256: str) -> DenseHead:
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
    return _parsed(data, name)


def _parsed(data: bytes, name: str) -> DenseHead:
    from safetensors.numpy import load

    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    if "head" not in header:
        raise SetupError(f"affect head {name!r}: the file holds no affect head")
    described = json.loads(header["head"])
    tensors = {key: value.astype(np.float64) for key, value in load(data).items()}
    n_layers = sum(key.startswith("weights_") for key in tensors)
    return DenseHead(
        inputs=tuple(described["inputs"]),
        outputs=tuple(described["outputs"]),
        link=described["link"],
        centre=tensors["centre"],
        scale=tensors["scale"],
        layers=tuple((tensors[f"weights_{i}"], tensors[f"bias_{i}"]) for i in range(n_layers)),
        card=described["card"],
    )


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)))


def _softmax(values: Floats) -> Floats:
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


_LINKS = {"identity": lambda values: values, "sigmoid": _sigmoid, "softmax": _softmax}
