"""The list of weights: complete, well-formed, and true of the installed packages."""

from importlib.metadata import files
from pathlib import Path

import pytest

import clinic
from clinic.errors import SetupError
from clinic.weights import known_weights, sha256_of, verify, weights_by_hash


@pytest.mark.parametrize("name", known_weights())
def test_installed_packages_hold_the_listed_bytes(name: str) -> None:
    entry = known_weights()[name]
    listed = [Path(str(f.locate())) for f in files(entry.package) or [] if f.name == entry.file]
    # An editable installation lists none of its own files.
    found = listed or list(Path(clinic.__file__).parent.rglob(entry.file))
    assert len(found) == 1
    assert verify(name, found[0]) == entry.sha256
    assert weights_by_hash(entry.sha256) == entry


def test_changed_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"changed")
    with pytest.raises(SetupError, match=r"model.safetensors has SHA-256 .* needed"):
        verify("all_minilm_l6_v2", path)


def test_absent_and_unlisted_weights_are_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not listed"):
        verify("no_such", tmp_path)
    with pytest.raises(SetupError, match="cannot be read"):
        verify("all_minilm_l6_v2", tmp_path / "gone")
    assert weights_by_hash("0" * 64) is None


def test_a_file_changed_in_place_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "w"
    path.write_bytes(b"one")
    first = sha256_of(path)
    path.write_bytes(b"two and more")
    assert sha256_of(path) != first
