"""Fixtures shared by all tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

import clinic  # noqa: F401  closes the outside world before any heavy library is imported
from clinic.records import ScreeningResult
from made_up import make_result

# How long an example takes is no claim, and depends on what else the machine does.
settings.register_profile("clinic", deadline=None)
settings.load_profile("clinic")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of open real media beside the checkout; the test is skipped where it is absent."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("open data folder ../shared/data is absent")
    return folder


@pytest.fixture(scope="session")
def make_made_up_result() -> Callable[..., ScreeningResult]:
    """The factory behind ``made_up_result``; its arguments are in tests/records/made_up.py."""
    factory: Callable[..., ScreeningResult] = make_result
    return factory


@pytest.fixture(scope="session")
def made_up_result(make_made_up_result: Callable[..., ScreeningResult]) -> ScreeningResult:
    """A made-up result: face absent, PTSD withheld, safety notice, hostile quotes."""
    return make_made_up_result()


@pytest.fixture(scope="session")
def made_up_full_result(make_made_up_result: Callable[..., ScreeningResult]) -> ScreeningResult:
    """A made-up result with all modalities and all conditions, quotes tame."""
    return make_made_up_result(absent=(), withheld=(), hostile=False)
