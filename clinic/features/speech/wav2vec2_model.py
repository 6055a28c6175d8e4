"""The one place that builds the wav2vec 2.0 regression model, from checked local files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.weights import sha256_of

WISHED = "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim"
LICENCE = f"CC BY-NC-SA 4.0: non-commercial use only ({WISHED})"

#: Order of the head's answers, as its makers publish it.
DIMENSIONS = ("arousal", "dominance", "valence")
RATE_HZ = 16_000

#: Added to the variance by transformers' feature extractor.
_LEAST_VARIANCE = 1e-7

#: A parametrised convolution under its old names (torch before 2.0) and its new ones.
_RENAMED = {
    "conv.weight_g": "conv.parametrizations.weight.original0",
    "conv.weight_v": "conv.parametrizations.weight.original1",
}


@dataclass(frozen=True, kw_only=True)
class Wav2Vec2Folder:
    """A folder that the user fetched, and the hash that its weights must have.

    Args:
        folder: Holds ``config.json`` and ``model.safetensors``. Pickles
            (``pytorch_model.bin``) are refused: loading one runs code.
        sha256: 64 hex digits, of ``model.safetensors``.
    """

    folder: str | None
    sha256: str | None

    def checked(self) -> Path:
        """Return the folder, once its files are there and the weights are the wished ones.

        Raises:
            SetupError: Not named, absent, pickled, or other bytes.
        """
        if self.folder is None or self.sha256 is None:
            raise SetupError(
                "weights.folder and weights.sha256 are not set: these weights do not come with "
                f"this package and nothing is downloaded; fetch {WISHED} ({LICENCE})"
            )
        folder = Path(self.folder)
        weights = folder / "model.safetensors"
        if not weights.is_file():
            pickled = [p.name for p in sorted(folder.glob("*.bin"))] if folder.is_dir() else []
            held = f"holds {pickled[0]}, a pickle, which is refused" if pickled else "lacks it"
            raise SetupError(
                f"model.safetensors needed, {folder.name} {held}; fetch {WISHED} (weights.folder)"
            )
        if not (folder / "config.json").is_file():
            raise SetupError(f"config.json needed, {folder.name} lacks it (weights.folder)")
        found = sha256_of(weights)
        if found != self.sha256:
            raise SetupError(
                f"model.safetensors has SHA-256 {found}, {self.sha256} needed (weights.sha256)"
            )
        return folder


@dataclass(frozen=True, eq=False)
class RegressionModel:
    """wav2vec 2.0, mean over time, a dense layer with tanh, three answers."""

    encoder: Any
    dense: Any
    out_proj: Any
    normalises: bool
    n_threads: int

    def answer(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return arousal, dominance and valence of one stretch at 16 kHz, shape (3,)."""
        import torch

        from clinic.torch_threads import torch_threads

        sound = samples.astype(np.float64)
        if self.normalises:
            sound = (sound - sound.mean()) / np.sqrt(sound.var() + _LEAST_VARIANCE)
        with torch_threads(self.n_threads), torch.inference_mode():
            hidden = self.encoder(torch.tensor(sound[None], dtype=torch.float32))[0].mean(dim=1)
            answers = self.out_proj(torch.tanh(self.dense(hidden)))[0]
        return np.asarray(answers.numpy(), dtype=np.float64)


def load_regression_model(weights: Wav2Vec2Folder, *, n_threads: int) -> RegressionModel:
    """Build the model; every tensor of the file must find its place, and every place a tensor.

    Raises:
        SetupError: The files are not there, changed, or of another model.
    """
    import torch
    from safetensors.torch import load_file
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    folder = weights.checked()
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = Wav2Vec2Config(**settings)
    encoder = Wav2Vec2Model(config)
    width = config.hidden_size
    dense = torch.nn.Linear(width, width)
    out_proj = torch.nn.Linear(width, len(DIMENSIONS))
    tensors = load_file(folder / "model.safetensors")
    for prefix, part in (
        ("wav2vec2.", encoder),
        ("classifier.dense.", dense),
        ("classifier.out_proj.", out_proj),
    ):
        own = {
            _renamed(key.removeprefix(prefix)): tensor
            for key, tensor in tensors.items()
            if key.startswith(prefix)
        }
        try:
            part.load_state_dict(own)
        except RuntimeError as error:
            reason = str(error).splitlines()[-1].strip()
            raise SetupError(
                f"model.safetensors does not fit {prefix.rstrip('.')}: {reason} (weights.folder)"
            ) from error
        part.eval()
    return RegressionModel(
        encoder=encoder,
        dense=dense,
        out_proj=out_proj,
        normalises=_normalises(folder),
        n_threads=n_threads,
    )


def _renamed(key: str) -> str:
    for old, new in _RENAMED.items():
        if key.endswith(old):
            return key.removesuffix(old) + new
    return key


def _normalises(folder: Path) -> bool:
    """Tell whether sound is brought to mean 0 and variance 1; without a file, as its makers do."""
    path = folder / "preprocessor_config.json"
    if not path.is_file():
        return True
    return bool(json.loads(path.read_text(encoding="utf-8")).get("do_normalize", True))
