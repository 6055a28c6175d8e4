"""Missing libraries are named with the line that installs them."""

import re

import pytest

from clinic import extras
from clinic.errors import SetupError


def test_present_libraries_pass() -> None:
    extras.require("numpy", "scipy")
    assert extras.versions("numpy")["numpy"]


def test_a_missing_library_is_named_with_its_pip_line() -> None:
    with pytest.raises(
        SetupError, match=r"^no-such-lib is not installed: pip install 'no-such-lib'$"
    ):
        extras.require("numpy", "no-such-lib")
    assert extras.versions("no-such-lib") == {"no-such-lib": None}


def test_several_share_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "is_present", lambda _: False)
    with pytest.raises(SetupError, match=r"^opensmile, py-feat are not installed: pip install"):
        extras.require("opensmile", "feat")


def test_the_pip_line_holds_the_declared_versions() -> None:
    line = extras.pip_line("opensmile")
    assert line.startswith("pip install 'opensmile")
    assert {">=2.6", "<3"} <= set(re.findall(r"[<>]=?[\d.]+", line))


def test_names_are_compared_as_the_index_does() -> None:
    assert extras.requirement_of("PyTorch_Lightning").startswith("pytorch-lightning")
