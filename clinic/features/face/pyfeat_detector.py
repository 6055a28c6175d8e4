"""py-feat's own detector from local weight files: the only module that imports feat."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.weights import sha256_of

LICENCE = (
    "py-feat's multitask weights: non-commercial research only (its LICENSES/PYFEAT-V2.md); "
    "py-feat's code: MIT"
)


@dataclass(frozen=True, kw_only=True)
class LocalWeights:
    """A weight file that the user fetched, and the hash it must have.

    Args:
        path: A ``.safetensors`` file. Pickles (``.pt``, ``.pth``) are refused: loading one runs
            code.
        sha256: 64 hex digits.
    """

    path: str | None
    sha256: str | None

    def checked(self, setting: str, source: str) -> Path:
        """Return the path of the file, once it is there and its bytes are the wished ones.

        Raises:
            SetupError: Not named, absent, a pickle, or other bytes.
        """
        if self.path is None or self.sha256 is None:
            raise SetupError(
                f"{setting}.path and {setting}.sha256 are not set: py-feat's weights do not come "
                f"with it and nothing is downloaded; fetch {source} ({LICENCE})"
            )
        path = Path(self.path)
        if path.suffix != ".safetensors":
            raise SetupError(f"{setting}.path: {path.name} is no .safetensors file")
        if not path.is_file():
            raise SetupError(f"{setting}.path: {path.name} is not there; fetch {source}")
        found = sha256_of(path)
        if found != self.sha256:
            raise SetupError(
                f"{setting}: {path.name} has SHA-256 {found}, {self.sha256} needed "
                f"({setting}.sha256)"
            )
        return path


def load_detector(
    multitask_weights: Path, face_weights: Path, *, device: str, face_threshold: float
) -> Any:
    """Build py-feat's Detectorv2 from local files, without its identity network.

    Its own constructor fetches from a hub; this one takes the same parts and never does.

    Raises:
        SetupError: py-feat is absent, or the files do not fit its networks.
    """
    try:
        import torch
        from feat.detector_v2 import Detectorv2
        from feat.face_detectors.Retinaface.Retinaface_test import Retinaface
        from feat.multitask.inference import MultitaskModel
        from safetensors.torch import load_file
    except ImportError as error:
        raise SetupError(
            f"py-feat cannot be loaded ({error}): pip install 'py-feat>=2.1.5,<2.2'"
        ) from error
    # torchcodec, which py-feat imports and this adapter does not use, raises this at import.
    except RuntimeError as error:
        raise SetupError(
            "py-feat cannot be loaded: its torchcodec needs FFmpeg's shared libraries from the "
            "system (Debian: apt-get install ffmpeg)"
        ) from error

    class LocalDetector(Detectorv2):
        def __init__(self) -> None:
            torch.nn.Module.__init__(self)
            self.device = torch.device(device)
            self.face_size = 256
            self.face_detection_threshold = face_threshold
            self.face_detector = Retinaface(device=device, pretrained="none")
            self.face_detector.net.load_state_dict(load_file(face_weights, device=device))
            self.multitask = MultitaskModel(device=device, weights_path=multitask_weights)
            self.identity_detector = None
            self._idx68 = self.multitask._idx68
            self.info = {
                "face_model": "retinaface",
                "identity_model": None,
                "facepose_model": "multitask",
                "gaze_model": "multitask",
            }

    gradients = torch.is_grad_enabled()
    try:
        return LocalDetector()
    except (RuntimeError, KeyError, ValueError) as error:
        raise SetupError(
            f"{multitask_weights.name}, {face_weights.name} do not fit py-feat's networks: {error}"
        ) from error
    finally:
        # py-feat's face detector switches gradients off for the whole process.
        torch.set_grad_enabled(gradients)


def detect(detector: Any, images: Sequence[NDArray[np.uint8]], columns: Sequence[str]) -> Any:
    """Return py-feat's readings of pictures of one size.

    Args:
        images: Shape (height, width, 3) each.
        columns: Columns of py-feat's ``Fex`` to keep.

    Returns:
        A data frame with one row a face and ``frame``, the index of its picture. A picture
        without a face has one row of NaN.
    """
    import torch

    gradients = torch.is_grad_enabled()
    pictures = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    try:
        faces_data = detector.detect_faces(
            pictures, face_detection_threshold=detector.face_detection_threshold
        )
        zeros = torch.zeros(len(images))
        batch = {
            "Image": pictures,
            "Scale": torch.ones(len(images)),
            "Padding": {"Left": zeros, "Top": zeros, "Right": zeros, "Bottom": zeros},
        }
        table = detector.forward(faces_data, batch)
    finally:
        torch.set_grad_enabled(gradients)
    table = table[list(columns)].copy()
    table["frame"] = np.repeat(np.arange(len(images)), [len(face["scores"]) for face in faces_data])
    return table
