"""What the tests of the FHIR export share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic.config import build, compose
from clinic.fhir import BundleWriter
from clinic.records import Condition, Modality, ScreeningResult

REPOSITORY = Path(__file__).resolve().parents[2]

#: What ehr profiles leave to the site.
SITE = (
    "fhir.base_uri=https://hospital.example.org/fhir",
    "fhir.site_id=ward-7",
    "fhir.site_name='Ward 7'",
    "fhir.patient_system=https://hospital.example.org/sid/research-id",
)

MakeWriter = Callable[..., BundleWriter]


@pytest.fixture(scope="session")
def make_writer() -> MakeWriter:
    """Build the writer of a shipped profile with overrides such as ``pdf=none``."""

    def make(profile: str = "research", *overrides: str) -> BundleWriter:
        site = SITE if profile.startswith("ehr") else ()
        changes = [f"fhir.{item}" for item in overrides]
        config = compose("export", ["results=none", f"fhir={profile}", *site, *changes])
        writer = build(config.fhir)
        assert isinstance(writer, BundleWriter)
        return writer

    return make


@pytest.fixture(scope="session")
def writer(make_writer: MakeWriter) -> BundleWriter:
    """The default profile."""
    return make_writer()


@pytest.fixture(scope="session")
def pdf() -> bytes:
    """Bytes that begin as a PDF does and hold every byte value."""
    return b"%PDF-1.7\n" + bytes(range(256)) * 9 + b"\n%%EOF\n"


@pytest.fixture(scope="session")
def results(make_made_up_result: Callable[..., ScreeningResult]) -> dict[str, ScreeningResult]:
    """Results that differ in what a reader meets."""
    make = make_made_up_result
    return {
        "all scored": make(absent=(), withheld=(), hostile=False, with_safety=False),
        "one withheld, safety notice, hostile quotes": make(),
        "all withheld": make(withheld=tuple(Condition)),
        "no model": make(with_model=False, with_safety=False, absent=(Modality.TEXT,)),
        "text alone": make(absent=(Modality.VOICE, Modality.FACE)),
        "no banner": make(banner=""),
    }


@pytest.fixture(scope="session")
def design_bundles() -> Path:
    """Folder of worked and of broken bundles; the test is skipped where it is absent."""
    folder = REPOSITORY.parent / "shared" / "design" / "fhir"
    if not folder.is_dir():
        pytest.skip("example bundles ../shared/design/fhir are absent")
    return folder


def resources(bundle: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """Yield the resources of one type."""
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == kind:
            yield entry["resource"]


@pytest.fixture(scope="session")
def of_kind() -> Callable[[dict[str, Any], str], list[dict[str, Any]]]:
    """Return the resources of one type as a list."""
    return lambda bundle, kind: list(resources(bundle, kind))


@pytest.fixture(scope="session")
def coded(
    of_kind: Callable[[dict[str, Any], str], list[dict[str, Any]]],
) -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """Return the one Observation or RiskAssessment with a code."""

    def find(bundle: dict[str, Any], code: str) -> dict[str, Any]:
        both = [*of_kind(bundle, "Observation"), *of_kind(bundle, "RiskAssessment")]
        found = [item for item in both if item["code"]["coding"][0]["code"] == code]
        assert len(found) == 1
        return found[0]

    return find
