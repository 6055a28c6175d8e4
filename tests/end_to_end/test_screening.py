"""The main job as a user runs it: interviews in; results, reports, bundles and tracking out."""

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pypdfium2

from clinic.fhir import lint
from clinic.records import SeverityEstimate
from clinic.records.serialise import from_json

IDS = ("sim-0001", "sim-0002")
BANNER = "Demonstration model, trained on simulated interviews. Not for clinical use."


def pdf_pages(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_every_recording_has_its_folder_with_everything_in_it(screened):
    for recording_id in IDS:
        names = {p.name for p in (screened / recording_id).iterdir()}
        assert names >= {"result.json", "report.pdf", "report.html", "bundle.json", "features"}
    assert (screened / "errors.csv").read_text() == "recording_id,stage,kind,message\n"


def test_table_result_report_and_bundle_tell_the_same_numbers(screened):
    table = pd.read_parquet(screened / "results.parquet").set_index("recording_id")
    for recording_id in IDS:
        folder = screened / recording_id
        result = from_json((folder / "result.json").read_text(encoding="utf-8"))
        text = " ".join(pdf_pages(folder / "report.pdf"))
        bundle = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
        assert lint(bundle, banner=BANNER) == []
        scores = [
            entry["resource"]["valueQuantity"]["value"]
            for entry in bundle["entry"]
            if "valueQuantity" in entry["resource"]
        ]
        for estimate in result.estimates:
            if not isinstance(estimate, SeverityEstimate) or estimate.score is None:
                continue
            assert table.loc[recording_id, f"{estimate.condition}_score"] == estimate.score
            assert f"{estimate.score:.1f}" in text
            assert any(abs(score - estimate.score) < 0.051 for score in scores)


def test_every_page_carries_the_banner_of_the_model(screened):
    for recording_id in IDS:
        pages = pdf_pages(screened / recording_id / "report.pdf")
        assert 2 <= len(pages) <= 4
        assert all(BANNER in page for page in pages)
        assert BANNER in (screened / recording_id / "report.html").read_text(encoding="utf-8")
        assert BANNER in (screened / recording_id / "bundle.json").read_text(encoding="utf-8")


def test_explanations_cover_every_estimate_that_was_given(screened):
    for recording_id in IDS:
        result = from_json((screened / recording_id / "result.json").read_text(encoding="utf-8"))
        given = {e.condition for e in result.estimates if isinstance(e, SeverityEstimate)}
        assert {e.condition for e in result.explanations} == given


def test_tracking_holds_counts_and_no_name_of_anyone(screened):
    database = screened / "tracking" / "mlflow.db"
    with sqlite3.connect(database) as connection:
        metrics = dict(connection.execute("select key, value from metrics"))
        dump = "\n".join(connection.iterdump())
    assert metrics["count.done"] == 2
    for forbidden in (*IDS, "p-0001", str(screened)):
        assert forbidden not in dump.replace(str(screened / "tracking"), "")


def test_a_second_run_does_nothing_twice(clinic_command, interviews, screened):
    before = {p: p.stat().st_mtime_ns for p in screened.glob("*/result.json")}
    done = clinic_command("screen", interviews, "--out", screened, "--workers", 0)
    assert done.exit_code == 0
    assert "0 done, 2 kept, 0 failed" in done.output
    assert {p: p.stat().st_mtime_ns for p in screened.glob("*/result.json")} == before


def test_a_changed_setting_is_work_to_do(clinic_command, interviews, screened):
    done = clinic_command(
        "screen", interviews, "--out", screened, "--dry-run", "quality.words.good=99"
    )
    assert done.output.count("to do") == 2


def test_report_and_export_render_again_from_the_stored_result(clinic_command, screened, tmp_path):
    assert clinic_command("report", screened, "--out", tmp_path / "r").exit_code == 0
    again = (tmp_path / "r" / IDS[0] / "report.pdf").read_bytes()
    assert again == (screened / IDS[0] / "report.pdf").read_bytes()
    assert clinic_command("export", screened, "--out", tmp_path / "e").exit_code == 0
    bundle = (tmp_path / "e" / IDS[0] / "bundle.json").read_bytes()
    assert bundle == (screened / IDS[0] / "bundle.json").read_bytes()
