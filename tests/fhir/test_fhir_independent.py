"""Validators that we did not write, where they are installed (``docs/fhir.md``)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from clinic.fhir import to_text


@pytest.fixture(scope="module")
def tools() -> Path:
    """Folder with the installed checks; the test is skipped where they are absent."""
    named = os.environ.get("FHIR_TOOLS")
    if not named or not (Path(named) / "node_modules").is_dir():
        pytest.skip("FHIR_TOOLS names no folder with medplum.mjs and its node_modules")
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    return Path(named)


@pytest.mark.parametrize("script", ["medplum.mjs", "invariants.mjs"])
@pytest.mark.parametrize("profile", ["research", "ehr", "ehr_minimal"])
def test_independent_validator_passes(tools, tmp_path, make_writer, results, pdf, script, profile):
    paths = []
    for name, result in results.items():
        path = tmp_path / f"{name.replace(' ', '-').replace(',', '')}.json"
        path.write_text(to_text(make_writer(profile).bundle(result, pdf)), encoding="utf-8")
        paths.append(str(path))
    done = subprocess.run(
        ["node", script, *paths], cwd=tools, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASS") == len(paths)
