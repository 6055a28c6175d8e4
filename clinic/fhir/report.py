"""The report that ties the estimates together, the review it waits for, and provenance."""

from collections.abc import Sequence

from clinic.fhir.assembly import Entry
from clinic.fhir.conclusion import conclusion_lines, safety_lines
from clinic.fhir.context import (
    AIAST,
    DEVICE,
    MODEL,
    ORGANIZATION,
    RECORDING,
    REPORT,
    Context,
)
from clinic.fhir.documents import pdf_attachment
from clinic.fhir.text import DISCLAIMER, narrative, plain
from clinic.fhir.values import Json, local

PARTICIPANT_TYPE = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def report_entry(context: Context, observations: Sequence[Entry], pdf: bytes | None) -> Entry:
    """Return the DiagnosticReport over all Observations."""
    title = "AI-assisted interview screening report (decision support)"
    lines = conclusion_lines(context)
    resource: Json = {
        "resourceType": "DiagnosticReport",
        "meta": {"security": [AIAST]},
        "text": narrative(title, *lines, DISCLAIMER),
        "status": "preliminary",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v2-0074",
                        "code": "OTH",
                        "display": "Other",
                    }
                ]
            }
        ],
        "code": context.concept("ai-interview-screening-report", title),
        "subject": context.subject,
        **context.when("effective"),
        "issued": context.created,
        "performer": [local(ORGANIZATION)],
        "result": [local(entry.name) for entry in observations],
        "conclusion": " ".join([*lines, DISCLAIMER]),
    }
    if pdf is not None and context.settings.presented_form:
        resource["presentedForm"] = [pdf_attachment(context, pdf)]
    return Entry(name=REPORT, resource=resource)


def review_task(context: Context) -> Entry:
    """Return the review, urgent (by setting) where there is a safety notice."""
    title = "Review and sign, correct or reject the AI screening report"
    priority = context.settings.safety_priority if context.result.safety else "routine"
    resource: Json = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": priority,
        "code": context.concept("clinician-review", title),
        "description": " ".join([*safety_lines(context), f"{title}."]),
        "focus": local(REPORT),
        "for": context.subject,
        "authoredOn": context.created,
        "requester": local(DEVICE),
        "owner": local(ORGANIZATION),
    }
    return Entry(name="review-task", resource=resource)


def provenance(context: Context, entries: Sequence[Entry]) -> Entry:
    """Return who made what from what: everything that the software asserted is a target."""
    asserted = [e for e in entries if AIAST in e.resource.get("meta", {}).get("security", [])]
    resource: Json = {
        "resourceType": "Provenance",
        "meta": {"security": [AIAST]},
        "target": [local(entry.name) for entry in asserted],
        "occurredDateTime": context.created,
        "recorded": context.created,
        "reason": [{"coding": [AIAST]}],
        "activity": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/v3-DataOperation",
                    "code": "CREATE",
                    "display": "create",
                }
            ]
        },
        "agent": [
            _agent("author", "Author", DEVICE, {"onBehalfOf": local(ORGANIZATION)}),
            _agent("custodian", "Custodian", ORGANIZATION, {}),
        ],
        "entity": _entities(context),
    }
    return Entry(name="provenance", resource=resource)


def _agent(code: str, display: str, who: str, more: Json) -> Json:
    coding = {"system": PARTICIPANT_TYPE, "code": code, "display": display}
    return {"type": {"coding": [coding]}, "who": local(who), **more}


def _entities(context: Context) -> list[Json]:
    result = context.result
    entities = [{"role": "source", "what": local(RECORDING)}]
    if result.model is not None:
        entities.append({"role": "derivation", "what": local(MODEL)})
    logical = [
        ("sha256", result.media.transcript_sha256, "source", "Transcript (held at the site)"),
        ("run", result.run_id, "derivation", "Run that made the result"),
        ("settings-sha256", result.settings_sha256, "derivation", "Settings of the run"),
    ]
    logical += [
        ("component", stamp.digest, "derivation", f"{stamp.component} ({stamp.version})")
        for stamp in result.stamps
    ]
    for system, value, role, display in logical:
        if value:
            identifier = {"system": context.settings.sid(system), "value": value}
            what = {"identifier": identifier, "display": plain(display)}
            entities.append({"role": role, "what": what})
    return entities
