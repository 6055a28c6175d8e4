"""Rules on what is claimed: labelled, disclaimed, unsigned, in percent, no questionnaire."""

import html
import re
from collections.abc import Iterator, Sequence

from clinic.fhir.lint_finding import Finding
from clinic.fhir.values import Json

#: Types that only software fills in here.
ALGORITHMIC = ("Observation", "RiskAssessment", "DiagnosticReport")
#: Codes that stand for a completed questionnaire (CLINICAL.md names the LOINC ones).
QUESTIONNAIRE_SYSTEMS = ("http://loinc.org", "http://snomed.info/sct")
SIGNED = ("final", "amended", "corrected", "appended")
MUST_SAY = ("not an administered", "not a diagnosis")
#: Each probability and the percent are rounded to 1e-4 of 1: half of it, per summand.
TOLERANCE_PER_SUMMAND = 5.1e-5


def claim_findings(entries: Sequence[Json], banner: str) -> Iterator[Finding]:
    """Yield every claim that we must not make, and every caution that is missing."""
    resources: dict[str, Json] = {str(entry.get("fullUrl")): entry["resource"] for entry in entries}
    signed = _signed(entries)
    for index, entry in enumerate(entries):
        resource = entry["resource"]
        kind = resource["resourceType"]
        where = f"entry[{index}].{kind}"
        asserted = _is_asserted(resource, resources)
        if asserted and not _has_label(resource):
            yield Finding(rule="aiast", where=where, message="no AIAST label")
        if asserted or _has_label(resource):
            yield from _cautions(where, resource, banner)
            yield from _unsigned(where, resource, signed)
        if kind in ALGORITHMIC:
            yield from _own_codes(where, resource)
        if kind == "Observation":
            yield from _values(where, resource)
        if kind == "RiskAssessment":
            yield from _percent(where, resource, resources)


def _is_asserted(resource: Json, resources: dict[str, Json]) -> bool:
    if resource["resourceType"] in ALGORITHMIC:
        return True
    if resource["resourceType"] == "DocumentReference":
        authors = [resources.get(str(a.get("reference"))) for a in resource.get("author", [])]
        return any(author and author["resourceType"] == "Device" for author in authors)
    return False


def _has_label(resource: Json) -> bool:
    labels = resource.get("meta", {}).get("security", [])
    return any(label.get("code") == "AIAST" for label in labels)


def _cautions(where: str, resource: Json, banner: str) -> Iterator[Finding]:
    kind = resource["resourceType"]
    places = {"text", "note"} if kind in ("Observation", "RiskAssessment") else set()
    places |= {"text", "conclusion"} if kind == "DiagnosticReport" else set()
    places |= {"description"} if kind == "DocumentReference" else set()
    for place in sorted(places):
        words = _words(resource.get(place))
        missing = [phrase for phrase in MUST_SAY if phrase not in words]
        if banner and " ".join(banner.lower().split()) not in words:
            missing.append("the model's banner")
        for phrase in missing:
            yield Finding(rule="caution", where=f"{where}.{place}", message=f"lacks: {phrase}")


def _words(part: object) -> str:
    if isinstance(part, dict):
        part = html.unescape(re.sub(r"<[^>]*>", " ", str(part.get("div", ""))))
    elif isinstance(part, list):
        part = " ".join(str(item.get("text", "")) for item in part)
    return " ".join(str(part or "").lower().split())


def _signed(entries: Sequence[Json]) -> bool:
    """Whether a person's signature (Provenance with a verifier) is in the bundle."""
    agents = [
        agent
        for entry in entries
        if entry["resource"]["resourceType"] == "Provenance"
        for agent in entry["resource"].get("agent", [])
    ]
    codings = [coding for agent in agents for coding in agent.get("type", {}).get("coding", [])]
    return any(coding.get("code") == "verifier" for coding in codings)


def _unsigned(where: str, resource: Json, signed: bool) -> Iterator[Finding]:
    for name in ("status", "docStatus"):
        if resource.get(name) in SIGNED and not signed:
            yield Finding(
                rule="signature", where=f"{where}.{name}", message="final without a signature"
            )


def _own_codes(where: str, resource: Json) -> Iterator[Finding]:
    concepts = [resource.get("code", {})]
    concepts += [item.get("code", {}) for item in resource.get("component", [])]
    concepts += [item.get("outcome", {}) for item in resource.get("prediction", [])]
    for coding in (coding for concept in concepts for coding in concept.get("coding", [])):
        if coding.get("system") in QUESTIONNAIRE_SYSTEMS:
            yield Finding(
                rule="own-code", where=where, message="an estimate under a questionnaire's code"
            )
    for concept in resource.get("category", []):
        if any(coding.get("code") == "survey" for coding in concept.get("coding", [])):
            yield Finding(rule="own-code", where=where, message="category survey on an estimate")


def _values(where: str, resource: Json) -> Iterator[Finding]:
    components = resource.get("component", [])
    for place, node in [(where, resource)] + [
        (f"{where}.component[{index}]", item) for index, item in enumerate(components)
    ]:
        values = [name for name in node if re.fullmatch(r"_?value[A-Z]\w*", name)]
        if len(values) > 1:
            yield Finding(rule="one-value", where=place, message="several values")
        if values and "dataAbsentReason" in node:
            yield Finding(rule="withheld", where=place, message="a value beside its absence")
    if _is_withheld(resource) and any("dataAbsentReason" not in c for c in components):
        yield Finding(rule="withheld", where=where, message="components of a withheld estimate")
    has_any = any(name.startswith("value") for name in resource) or components
    if not has_any and "dataAbsentReason" not in resource:
        yield Finding(rule="one-value", where=where, message="neither a value nor its absence")
    reason = resource.get("dataAbsentReason")
    if reason is not None and not reason.get("text"):
        yield Finding(rule="withheld", where=where, message="absent without a reason in words")
    codes = [_first_code(item) for item in components]
    if len(set(codes)) < len(codes) or _first_code(resource) in codes:
        yield Finding(rule="component-code", where=where, message="a component's code repeats")


def _is_withheld(resource: Json) -> bool:
    codings = resource.get("dataAbsentReason", {}).get("coding", [])
    return any(coding.get("code") == "withheld" for coding in codings)


def _first_code(node: Json) -> str | None:
    codings = node.get("code", {}).get("coding", [])
    return codings[0].get("code") if codings else None


def _percent(where: str, resource: Json, resources: dict[str, Json]) -> Iterator[Finding]:
    basis = [resources.get(str(item.get("reference"))) for item in resource.get("basis", [])]
    observations = [o for o in basis if o and o["resourceType"] == "Observation"]
    if any("dataAbsentReason" in o for o in observations):
        yield Finding(rule="withheld", where=where, message="a risk from a withheld estimate")
    for prediction in resource.get("prediction", []):
        value = prediction.get("probabilityDecimal")
        if not isinstance(value, int | float):
            yield Finding(rule="percent", where=where, message="no probabilityDecimal")
        elif not 0 <= value <= 100:
            yield Finding(rule="percent", where=where, message="outside 0 to 100 percent")
        else:
            for observation in observations:
                tails = _tails(observation)
                tolerance = TOLERANCE_PER_SUMMAND * (len(tails) + 1)
                if tails and min(abs(value / 100 - tail) for tail in tails) > tolerance:
                    yield Finding(
                        rule="percent",
                        where=where,
                        message="not 100 times a sum of its basis's upper bands",
                    )


def _tails(observation: Json) -> list[float]:
    """Sums of the probabilities from each band upwards: what a cut-off can give."""
    bands = [
        float(item["valueQuantity"]["value"])
        for item in observation.get("component", [])
        if str(_first_code(item)).startswith("p-") and "valueQuantity" in item
    ]
    return [sum(bands[index:]) for index in range(len(bands))]
