"""The lint passes what is sound and catches each kind of broken bundle."""

import copy
import json

import pytest

from clinic.fhir import BundleRefusedError, lint
from clinic.fhir.gate import require_sound, structure_errors

#: What each of the broken bundles breaks; the number is the file's.
BROKEN = {
    "01": "shape",
    "02": "status",
    "03": "withheld",
    "04": "number",
    "05": "reference",
    "06": "reference",
    "07": "one-value",
    "08": "r4-element",
    "09": "r4-element",
    "10": "time",
    "11": "attachment",
    "12": "transaction",
    "13": "full-url",
    "14": "narrative",
    "15": "percent",
    "16": "reference",
    "17": "id",
    "18": "empty",
    "19": "shape",
    "20": "contained",
    "21": "component-code",
    "22": "percent",
    "23": "percent",
    "24": "own-code",
    "25": "signature",
}


@pytest.mark.parametrize("number", BROKEN)
def test_broken_bundle_is_caught_by_its_rule(design_bundles, number):
    (path,) = (design_bundles / "broken").glob(f"{number}-*.json")
    findings = lint(json.loads(path.read_text(encoding="utf-8")))
    assert BROKEN[number] in {finding.rule for finding in findings}


def test_every_broken_bundle_has_its_rule(design_bundles):
    numbers = {path.name[:2] for path in (design_bundles / "broken").glob("*.json")}
    assert numbers == set(BROKEN)


@pytest.mark.parametrize("name", ["example", "example-ehr", "example-signoff"])
def test_worked_example_passes(design_bundles, name):
    text = (design_bundles / f"{name}-bundle.json").read_text(encoding="utf-8")
    assert lint(json.loads(text)) == []


def _resource(bundle, kind, position=0):
    found = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]
    return found[position]


def _unlabel(bundle):
    del _resource(bundle, "RiskAssessment")["meta"]["security"]


def _conclude(bundle):
    _resource(bundle, "DiagnosticReport")["conclusion"] = "Depression."


def _narrate(bundle):
    text = _resource(bundle, "Observation")["text"]
    text["div"] = '<div xmlns="http://www.w3.org/1999/xhtml"><p>fine</p></div>'


def _describe(bundle):
    _resource(bundle, "DocumentReference", -1)["description"] = "Report"


def _leak_component(bundle):
    _resource(bundle, "Observation", 1)["component"] = [
        {"code": {"coding": [{"code": "p-x"}]}, "valueQuantity": {"value": 0.2}}
    ]


def _say_no_reason(bundle):
    del _resource(bundle, "Observation", 1)["dataAbsentReason"]["text"]


def _fraction(bundle):
    prediction = _resource(bundle, "RiskAssessment")["prediction"][0]
    prediction["probabilityDecimal"] /= 100


def _truncate_pdf(bundle):
    form = _resource(bundle, "DiagnosticReport")["presentedForm"][0]
    form["data"] = form["data"][:400]


def _finalise_document(bundle):
    _resource(bundle, "DocumentReference", -1)["docStatus"] = "final"


def _forget_condition(bundle):
    del bundle["entry"][3]["request"]["ifNoneExist"]


def _link(bundle):
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><a href="http://x.example">x</a></div>'
    _resource(bundle, "DiagnosticReport")["text"]["div"] = div


def _entity(bundle):
    div = '<!DOCTYPE d [<!ENTITY e "e">]><div xmlns="http://www.w3.org/1999/xhtml">&e;</div>'
    _resource(bundle, "DiagnosticReport")["text"]["div"] = div


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (_unlabel, "aiast"),
        (_conclude, "caution"),
        (_narrate, "caution"),
        (_describe, "caution"),
        (_leak_component, "withheld"),
        (_say_no_reason, "withheld"),
        (_fraction, "percent"),
        (_truncate_pdf, "attachment"),
        (_finalise_document, "signature"),
        (_forget_condition, "transaction"),
        (_link, "narrative"),
        (_entity, "narrative"),
    ],
)
def test_our_own_bundle_spoiled_is_caught(writer, results, pdf, spoil, rule):
    result = results["one withheld, safety notice, hostile quotes"]
    bundle = copy.deepcopy(writer.bundle(result, pdf))
    assert lint(bundle, banner=result.model.banner) == []
    spoil(bundle)
    assert rule in {finding.rule for finding in lint(bundle, banner=result.model.banner)}


def test_missing_banner_is_caught(writer, results):
    bundle = writer.bundle(results["no banner"])
    assert lint(bundle) == []
    assert {f.rule for f in lint(bundle, banner="Not for clinical use.")} == {"caution"}


def test_refusal_names_the_place_and_never_the_value(writer, results):
    bundle = copy.deepcopy(writer.bundle(results["all scored"]))
    _resource(bundle, "Observation")["secretElement"] = "a person's words"
    with pytest.raises(BundleRefusedError, match="secretElement") as caught:
        require_sound(bundle, recording_id="r-0412")
    assert "a person's words" not in str(caught.value)
    assert "a person's words" not in " ".join(structure_errors(bundle))
