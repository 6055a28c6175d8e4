"""Learned weights known by hash: nothing is loaded that is not listed or named in the settings."""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from clinic.errors import SetupError

LIST_FILE = Path(__file__).with_name("weights.toml")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One entry of ``weights.toml``.

    Args:
        name: Key of the entry.
        title: What it is, in a few words.
        file: File name inside its package or folder.
        package: Distribution that carries the file.
        sha256: Hash of the file's bytes, 64 hex digits.
        source, revision: Where it comes from and which state of it.
        licence: Licence that binds a user.
        trained_on: What is known about the training data.
    """

    name: str
    title: str
    file: str
    package: str
    sha256: str
    source: str
    revision: str
    licence: str
    trained_on: str

    def __post_init__(self) -> None:
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            raise ValueError(f"weights {self.name}: {self.sha256!r} is no SHA-256")


@lru_cache(maxsize=1)
def known_weights() -> dict[str, Weights]:
    """Return every entry of the list, by name."""
    entries = tomllib.loads(LIST_FILE.read_text(encoding="utf-8"))
    return {name: Weights(name=name, **entry) for name, entry in entries.items()}


def weights_by_hash(sha256: str) -> Weights | None:
    """Return the entry with this hash, None where the file is not listed."""
    return next((entry for entry in known_weights().values() if entry.sha256 == sha256), None)


def verify(name: str, path: Path) -> str:
    """Return the SHA-256 of a listed file, which must be the listed one.

    Raises:
        SetupError: The name is not listed, the file is absent, or its bytes are others.
    """
    entry = known_weights().get(name)
    if entry is None:
        raise SetupError(f"weights {name!r} are not listed in clinic/weights.toml")
    found = sha256_of(path)
    if found != entry.sha256:
        raise SetupError(
            f"weights {name}: {path.name} has SHA-256 {found}, {entry.sha256} needed "
            f"(clinic/weights.toml): reinstall {entry.package}"
        )
    return found


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file; the same file unchanged is read once a process.

    Raises:
        SetupError: The file is absent or cannot be read.
    """
    try:
        state = path.stat()
        return _sha256_of(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise SetupError(f"weights file {path.name} cannot be read: {error.strerror}") from error


@lru_cache(maxsize=64)
def _sha256_of(path: Path, size: int, modified_ns: int) -> str:
    del size, modified_ns
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
