"""What the bundle says of a result, and what it never says."""

import base64
import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from clinic.config import build, compose
from clinic.errors import DataError, SetupError
from clinic.fhir import lint, to_text
from clinic.fhir.gate import structure_errors
from clinic.fhir.text import plain
from clinic.fhir.values import instant, quantity, search_term
from clinic.records import Condition, SeverityEstimate, Withheld


def components(observation):
    return {item["code"]["coding"][0]["code"]: item for item in observation.get("component", [])}


def test_estimate_carries_its_uncertainty(writer, results, coded):
    result = results["all scored"]
    observation = coded(writer.bundle(result), "depression-severity-estimate")
    estimate = result.estimate(Condition.DEPRESSION)
    assert observation["valueQuantity"]["value"] == estimate.score == 12.4
    parts = components(observation)
    low, high = (parts["prediction-interval-90"]["valueRange"][end] for end in ("low", "high"))
    assert (low["value"], high["value"]) == estimate.interval
    bands = [part for code, part in parts.items() if code.startswith("p-")]
    assert [b["valueQuantity"]["value"] for b in bands] == list(estimate.probabilities)
    assert {b["valueQuantity"]["code"] for b in bands} == {"1"}
    assert parts["predicted-band"]["valueCodeableConcept"]["text"] == "moderate"
    assert parts["plausible-bands-90"]["valueString"] == "mild, moderate, moderately severe"


def test_probability_of_the_cutoff_is_a_percent(writer, results, coded):
    risk = coded(writer.bundle(results["all scored"]), "depression-cutoff-risk")
    # 0.41 + 0.21 + 0.09, bands that start at 10, 15 and 20
    assert risk["prediction"][0]["probabilityDecimal"] == 71.0


def test_rating_is_a_probability_without_an_interval(writer, results, coded, of_kind):
    bundle = writer.bundle(results["all scored"])
    observation = coded(bundle, "ambivalence-probability-estimate")
    assert observation["valueQuantity"] == {
        "value": 0.64,
        "unit": "probability",
        "system": "http://unitsofmeasure.org",
        "code": "1",
    }
    assert not any(code.startswith("prediction-interval") for code in components(observation))
    assert len(of_kind(bundle, "RiskAssessment")) == 2


def test_withheld_is_a_reason_and_never_a_number(writer, results, coded, of_kind):
    result = results["all withheld"]
    bundle = writer.bundle(result)
    for code in (
        "depression-severity-estimate",
        "ptsd-severity-estimate",
        "ambivalence-probability-estimate",
    ):
        observation = coded(bundle, code)
        assert not [name for name in observation if name.startswith("value")]
        assert "component" not in observation
        assert "max_absent_modalities" in observation["dataAbsentReason"]["text"]
    assert not of_kind(bundle, "RiskAssessment")
    assert not [d for d in of_kind(bundle, "DocumentReference") if "SHAP" in json.dumps(d)]


def test_explanation_of_a_withheld_estimate_stays_here(writer, results, of_kind):
    scored = results["all scored"]
    depression = scored.estimate(Condition.DEPRESSION)
    result = replace(
        scored,
        estimates=(
            Withheld(scale=depression.scale, reason="8 s of speech, 10 s needed (min_speech_s)"),
            *scored.estimates[1:],
        ),
    )
    assert result.explanation(Condition.DEPRESSION) is not None
    documents = of_kind(writer.bundle(result), "DocumentReference")
    data = [
        json.loads(base64.b64decode(d["content"][0]["attachment"]["data"]))
        for d in documents
        if d["content"][0]["attachment"].get("contentType") == "application/json"
    ]
    assert [item["condition"] for item in data[0]["explanations"]] == ["ptsd", "ambivalence"]


def test_attributions_add_up_after_rounding(writer, results, of_kind):
    for document in of_kind(writer.bundle(results["all scored"]), "DocumentReference"):
        attachment = document["content"][0]["attachment"]
        if attachment.get("contentType") == "application/json":
            content = json.loads(base64.b64decode(attachment["data"]))
    for item in content["explanations"]:
        total = item["base"] + math.fsum(part["value"] for part in item["contributions"])
        assert total == pytest.approx(item["output"], abs=1e-3)
        assert all("quote" not in moment for moment in item["moments"])


def test_absent_modality_is_absent_and_never_zero(writer, results, coded):
    bundle = writer.bundle(results["one withheld, safety notice, hostile quotes"])
    parts = components(coded(bundle, "input-quality"))
    assert "no video stream" in parts["modality-face"]["dataAbsentReason"]["text"]
    assert "valueCodeableConcept" in parts["modality-voice"]
    assert "dataAbsentReason" in parts["quality-3-face-found"]


def test_not_observed_summary_is_absent_and_never_zero(writer, results, coded):
    result = results["all scored"]
    signals = result.inconsistency
    summary = replace(signals.summary, values=signals.summary.values * math.nan)
    silent = replace(signals, summary=summary, evidence=())
    observation = coded(
        writer.bundle(replace(result, inconsistency=silent)), "cross-modal-inconsistency"
    )
    assert "dataAbsentReason" in observation
    assert all("dataAbsentReason" in part for part in observation["component"])
    nothing = writer.bundle(replace(result, inconsistency=None))
    assert "dataAbsentReason" in coded(nothing, "cross-modal-inconsistency")


def test_without_a_model_nothing_is_estimated(writer, results, of_kind, pdf):
    bundle = writer.bundle(results["no model"], pdf)
    assert not of_kind(bundle, "RiskAssessment")
    assert len(of_kind(bundle, "Observation")) == 2
    report = of_kind(bundle, "DiagnosticReport")[0]
    assert "No model was applied" in report["conclusion"]
    assert "not searched for language of self-harm" in report["conclusion"]
    assert "extension" not in of_kind(bundle, "Device")[0]


def test_safety_notice_comes_first_and_makes_the_review_urgent(writer, results, of_kind, pdf):
    bundle = writer.bundle(results["all withheld"], pdf)
    report = of_kind(bundle, "DiagnosticReport")[0]
    assert report["conclusion"].startswith("SAFETY NOTICE: language of self-harm at 10:43.0")
    task = of_kind(bundle, "Task")[0]
    assert task["priority"] == "urgent"
    assert task["description"].startswith("SAFETY NOTICE")
    calm = writer.bundle(results["all scored"], pdf)
    assert of_kind(calm, "Task")[0]["priority"] == "routine"
    assert "SAFETY" not in to_text(calm)


def test_minimal_export_opens_with_the_safety_notice(make_writer, results, pdf):
    bundle = make_writer("ehr_minimal").bundle(results["all withheld"], pdf)
    (entry,) = bundle["entry"]
    assert entry["resource"]["description"].startswith("SAFETY NOTICE")
    assert entry["resource"]["docStatus"] == "preliminary"


def test_everything_is_preliminary_and_labelled(writer, results, of_kind, pdf):
    for result in results.values():
        bundle = writer.bundle(result, pdf)
        kinds = ("Observation", "RiskAssessment", "DiagnosticReport")
        for resource in (item for kind in kinds for item in of_kind(bundle, kind)):
            assert resource["status"] == "preliminary"
            assert resource["meta"]["security"][0]["code"] == "AIAST"
        assert '"final"' not in to_text(bundle)
        assert "loinc" not in to_text(bundle)


def test_banner_is_on_every_page(writer, results, of_kind, pdf):
    result = results["all scored"]
    bundle = writer.bundle(result, pdf)
    for kind in ("Observation", "RiskAssessment", "DiagnosticReport"):
        for resource in of_kind(bundle, kind):
            assert "Not for clinical use." in resource["text"]["div"]
    assert "Not for clinical use." in of_kind(bundle, "DiagnosticReport")[0]["conclusion"]


def test_words_of_the_transcript_stay_out_unless_the_setting_lets_them(
    make_writer, writer, results, pdf
):
    result = results["one withheld, safety notice, hostile quotes"]

    def decoded(bundle):
        text = to_text(bundle)
        for entry in bundle["entry"]:
            for content in entry["resource"].get("content", []):
                data = base64.b64decode(content["attachment"].get("data", ""))
                text += data.decode("utf-8", "ignore")
        return text

    closed, opened = (
        decoded(writer.bundle(result)),
        decoded(make_writer("research", "quotes=true").bundle(result)),
    )
    quotes = [item.quote for item in result.safety] + [
        e.quote for e in result.inconsistency.evidence
    ]
    for quote in quotes:
        start = plain(quote)[:25].split("<")[0].split("'")[0].split('"')[0]
        assert start not in closed
        assert start in opened


def test_no_path_no_visit_date_when_masked(make_writer, results, of_kind):
    bundle = make_writer("research", "visit_date=false").bundle(results["all scored"])
    assert "2026-03-14" not in to_text(bundle)
    observation = of_kind(bundle, "Observation")[0]
    assert observation["_effectiveDateTime"]["extension"][0]["valueCode"] == "masked"


def test_pdf_arrives_byte_for_byte(writer, results, of_kind, pdf):
    bundle = writer.bundle(results["all scored"], pdf)
    inside = of_kind(bundle, "DiagnosticReport")[0]["presentedForm"][0]
    assert base64.b64decode(inside["data"]) == pdf
    assert inside["size"] == len(pdf)


def test_pdf_by_reference_or_not_at_all(make_writer, results, of_kind, pdf):
    address = "'https://files.example.org/{recording_id}/report.pdf'"
    linked = make_writer("research", "pdf=reference", f"pdf_url={address}")
    form = of_kind(linked.bundle(results["all scored"], pdf), "DiagnosticReport")[0]
    assert form["presentedForm"][0]["url"] == "https://files.example.org/r-0412/report.pdf"
    assert "data" not in form["presentedForm"][0]
    without = make_writer("research", "pdf=none").bundle(results["all scored"], pdf)
    assert "application/pdf" not in to_text(without)


def test_pdf_that_is_none_is_refused(writer, results):
    with pytest.raises(DataError, match="is no PDF"):
        writer.bundle(results["all scored"], b"<html>")


def test_same_input_gives_the_same_bytes(make_writer, results, pdf):
    for result in results.values():
        texts = {to_text(make_writer().bundle(result, pdf)) for _ in range(2)}
        assert len(texts) == 1


def test_another_content_is_another_export(writer, results, pdf):
    result = results["all scored"]
    keys = {
        writer.bundle(changed, data)["identifier"]["value"]
        for changed, data in (
            (result, pdf),
            (result, pdf + b"\n"),
            (replace(result, settings_sha256="0" * 64), pdf),
            (replace(result, created_at=result.created_at + timedelta(seconds=1)), pdf),
        )
    }
    assert len(keys) == 4


def test_shared_resources_keep_their_address(writer, results, pdf):
    def address(result, kind):
        entries = writer.bundle(result, pdf)["entry"]
        return next(e["fullUrl"] for e in entries if e["resource"]["resourceType"] == kind)

    first, other = results["all scored"], results["all withheld"]
    for kind in ("Organization", "Patient", "Device"):
        assert address(first, kind) == address(other, kind)
    assert address(first, "DiagnosticReport") != address(other, "DiagnosticReport")


def test_record_of_a_clinic_gets_no_patient(make_writer, results, of_kind, pdf):
    bundle = make_writer("ehr").bundle(results["all scored"], pdf)
    assert not of_kind(bundle, "Patient")
    subject = of_kind(bundle, "Observation")[0]["subject"]["reference"]
    assert subject.startswith("Patient?identifier=https%3A%2F%2Fhospital.example.org")
    assert subject.endswith("|p-0173")
    assert "presentedForm" not in of_kind(bundle, "DiagnosticReport")[0]


@pytest.mark.parametrize("profile", ["ehr", "ehr_minimal"])
def test_clinic_profile_needs_the_sites_own_names(profile):
    with pytest.raises(SetupError, match="base_uri"):
        build(compose("export", ["results=none", f"fhir={profile}"]).fhir)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("pdf=maybe", "one of inline, reference, none needed"),
        ("pdf=reference", "recording_id"),
        ("base_uri=nowhere", "absolute URI needed"),
        ("patient=guess", "one of create, existing needed"),
    ],
)
def test_settings_that_cannot_be_are_named(make_writer, override, words):
    with pytest.raises(SetupError, match=words):
        make_writer("research", override)


def test_id_that_no_server_takes_is_refused(writer, results):
    with pytest.raises(DataError, match="participant_id"):
        writer.bundle(replace(results["all scored"], participant_id="p\u0000 1"))


def test_comma_in_an_id_does_not_find_another_patient():
    assert search_term("https://a.org", "a,b|c") == "https%3A%2F%2Fa.org|a%5C%2Cb%5C%7Cc"


def test_zone_that_fhir_cannot_write_becomes_utc():
    odd = timezone(timedelta(minutes=53, seconds=28))
    assert instant(datetime(2026, 1, 1, 12, 0, tzinfo=odd)) == "2026-01-01T11:06:32+00:00"
    assert instant(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00+00:00"


def test_small_measurement_does_not_become_zero():
    assert quantity(0.00001234567, "s")["value"] == 1.23457e-05
    assert str(quantity(-0.0, "s")["value"]) == "0.0"


def test_structure_and_lint_agree_that_all_is_well(make_writer, results, pdf):
    for profile in ("research", "ehr", "ehr_minimal"):
        for result in results.values():
            bundle = json.loads(to_text(make_writer(profile).bundle(result, pdf)))
            assert structure_errors(bundle) == []
            assert lint(bundle, banner=result.model.banner if result.model else "") == []


def test_every_estimate_of_a_result_is_in_the_report(writer, results, of_kind):
    for result in results.values():
        report = of_kind(writer.bundle(result), "DiagnosticReport")[0]
        for item in result.estimates:
            words = "estimate withheld" if isinstance(item, Withheld) else "estimated: "
            assert f"{item.scale.name}" in report["conclusion"]
            assert words in report["conclusion"]
        assert len(report["result"]) == len(result.estimates) + 2
        assert all(isinstance(e, SeverityEstimate | Withheld) for e in result.estimates)


def test_reference_never_points_forward(make_writer, results, pdf):
    """So that entries can be posted one by one, in their order."""
    for result in results.values():
        entries = make_writer("ehr").bundle(result, pdf)["entry"]
        for index, entry in enumerate(entries):
            text = json.dumps(entry["resource"])
            assert not any(later["fullUrl"] in text for later in entries[index:])
