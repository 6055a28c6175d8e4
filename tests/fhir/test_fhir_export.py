"""From a folder of stored results to bundles and bulk files."""

import json
from dataclasses import replace

import pytest

from clinic.config import compose
from clinic.errors import SetupError
from clinic.fhir import BulkFolder
from clinic.records.serialise import to_json
from pipelines.export import run


@pytest.fixture
def stored(tmp_path, results, pdf):
    """Three finished recordings of one participant, as a batch leaves them."""
    folder = tmp_path / "out"
    for index, result in enumerate(list(results.values())[:3]):
        recording = folder / f"r-{index}"
        recording.mkdir(parents=True)
        named = replace(result, recording_id=f"r-{index}")
        (recording / "result.json").write_text(to_json(named), encoding="utf-8")
        (recording / "report.pdf").write_bytes(pdf)
    (folder / ".tmp-r-9").mkdir()
    (folder / ".tmp-r-9" / "result.json").write_text("half")
    return folder


def test_every_recording_gets_its_bundle(stored, tmp_path):
    assert run(compose("export", [f"results={stored}"])) == 0
    first = {path: path.read_bytes() for path in stored.glob("*/bundle.json")}
    assert len(first) == 3
    assert run(compose("export", [f"results={stored}"])) == 0
    assert first == {path: path.read_bytes() for path in stored.glob("*/bundle.json")}
    assert not list(stored.glob("*/*.tmp"))
    elsewhere = tmp_path / "bundles"
    assert run(compose("export", [f"results={stored}", f"out={elsewhere}"])) == 0
    assert len(list(elsewhere.glob("*/bundle.json"))) == 3


def test_bulk_files_hold_no_urn_and_nothing_twice(stored, tmp_path):
    bulk = tmp_path / "bulk"
    assert run(compose("export", [f"results={stored}", f"bulk={bulk}"])) == 0
    lines = {
        path.name: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in bulk.iterdir()
    }
    assert len(lines["Patient.ndjson"]) == 1
    assert len(lines["DiagnosticReport.ndjson"]) == 3
    everything = [item for items in lines.values() for item in items]
    homes = [f"{item['resourceType']}/{item['id']}" for item in everything]
    assert len(set(homes)) == len(homes)
    assert "urn:uuid" not in json.dumps(everything)
    subjects = {item["subject"]["reference"] for item in lines["Observation.ndjson"]}
    assert subjects <= set(homes)


def test_one_bad_result_does_not_stop_the_rest(stored, capsys):
    (stored / "r-1" / "result.json").write_text("{", encoding="utf-8")
    (stored / "r-2" / "report.pdf").unlink()
    assert run(compose("export", [f"results={stored}"])) == 1
    assert (stored / "r-0" / "bundle.json").is_file()
    errors = capsys.readouterr().err.splitlines()
    assert [line[:4] for line in errors] == ["r-1:", "r-2:"]
    assert "needed by fhir.pdf=inline" in errors[1]


def test_nothing_to_export_stops_the_run(tmp_path, stored):
    with pytest.raises(SetupError, match="results"):
        run(compose("export", [f"results={tmp_path / 'empty'}"]))
    with pytest.raises(SetupError, match="fhir=none"):
        run(compose("export", [f"results={stored}", "fhir=none"]))


def test_bulk_refuses_a_search_for_a_patient(tmp_path, make_writer, results):
    bundle = make_writer("ehr").bundle(results["all scored"])
    with (
        pytest.raises(SetupError, match=r"fhir\.patient"),
        BulkFolder(tmp_path / "bulk") as bulk,
    ):
        bulk.add(bundle)
    assert not list((tmp_path / "bulk").iterdir())
