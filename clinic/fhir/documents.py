"""Files in the bundle: the clinician report and the attributions."""

import base64
import hashlib
import json
import math
from urllib.parse import quote

from clinic.errors import DataError
from clinic.fhir.assembly import Entry
from clinic.fhir.conclusion import safety_lines
from clinic.fhir.context import AIAST, DEVICE, ORGANIZATION, RECORDING, REPORT, Context
from clinic.fhir.text import plain
from clinic.fhir.values import PROBABILITY_DECIMALS, Json, local, rounded, significant
from clinic.records import Explanation, SeverityEstimate

REPORT_TITLE = "AI-assisted interview screening report for clinician review"
ATTRIBUTION_TITLE = "Feature attributions (SHAP) for the AI estimates"
PDF = "application/pdf"


def attachment(data: bytes, *, content_type: str, title: str) -> Json:
    """Return an Attachment with the bytes inside, their size and their SHA-1 (as R4 wants)."""
    return {
        "contentType": content_type,
        "language": "en",
        "data": base64.b64encode(data).decode("ascii"),
        **_fingerprint(data),
        "title": title,
    }


def pdf_attachment(context: Context, pdf: bytes) -> Json:
    """Return the report, inside or by address, as ``fhir.pdf`` says.

    Raises:
        DataError: The bytes are no PDF.
    """
    if not pdf.startswith(b"%PDF-"):
        raise DataError(
            f"report of recording {context.result.recording_id} is no PDF ({len(pdf)} bytes)"
        )
    if context.settings.pdf == "inline":
        whole = attachment(pdf, content_type=PDF, title=REPORT_TITLE)
        return {**whole, "creation": context.created}
    recording = quote(context.result.recording_id, safe="")
    return {
        "contentType": PDF,
        "language": "en",
        "url": str(context.settings.pdf_url).replace("{recording_id}", recording),
        **_fingerprint(pdf),
        "title": REPORT_TITLE,
        "creation": context.created,
    }


def report_document(context: Context, pdf: bytes, *, alone: bool = False) -> Entry:
    """Return the report as a document; ``alone`` when nothing else is exported."""
    title = context.concept("clinician-report", REPORT_TITLE)
    resource = _document(context, title, REPORT_TITLE, pdf_attachment(context, pdf))
    # The report may be all that a reader of the record sees.
    resource["description"] = " ".join([*safety_lines(context), resource["description"]])
    if alone:
        # No Device and no Organization to refer to: the author is named in words.
        software = f"clinic-screening {context.result.software_version}"
        model = context.result.model
        name = f"{software} with model {model.name} {model.version}" if model else software
        resource["author"] = [{"display": plain(name)}]
        resource["custodian"] = {
            "identifier": {
                "system": context.settings.sid("site"),
                "value": context.settings.site_id,
            },
            "display": plain(context.settings.site_name),
        }
        del resource["context"]
    else:
        resource["context"]["related"].append(local(REPORT))
    return Entry(name="clinician-report", resource=resource)


def attribution_document(context: Context) -> Entry | None:
    """Return the attributions as JSON, or None where nothing was explained."""
    shown = {e.condition for e in context.result.estimates if isinstance(e, SeverityEstimate)}
    # An explanation holds the model's output: none leaves for an estimate that is withheld.
    explained = [e for e in context.result.explanations if e.condition in shown]
    if not explained:
        return None
    content = {
        "note": context.warning,
        "explanations": [_explanation(context, item) for item in explained],
        "ambivalence_moments": [
            {
                "start_s": significant(moment.start_s),
                "end_s": significant(moment.end_s),
                "probability": rounded(moment.probability, PROBABILITY_DECIMALS),
            }
            for item in context.result.estimates
            if isinstance(item, SeverityEstimate)
            for moment in item.moments
        ],
    }
    data = json.dumps(content, allow_nan=False, separators=(",", ":")).encode()
    whole = attachment(data, content_type="application/json", title=ATTRIBUTION_TITLE)
    title = context.concept("feature-attribution", ATTRIBUTION_TITLE)
    resource = _document(context, title, ATTRIBUTION_TITLE, {**whole, "creation": context.created})
    return Entry(name="feature-attribution", resource=resource)


def _document(context: Context, kind: Json, title: str, content: Json) -> Json:
    return {
        "resourceType": "DocumentReference",
        "meta": {"security": [AIAST]},
        "status": "current",
        "docStatus": "preliminary",
        "type": kind,
        "subject": context.subject,
        "date": context.created,
        "author": [local(DEVICE), local(ORGANIZATION)],
        "custodian": local(ORGANIZATION),
        "description": f"{title}. {context.warning}",
        "content": [{"attachment": content}],
        "context": {"related": [local(RECORDING)]},
    }


def _explanation(context: Context, item: Explanation) -> Json:
    quotes = context.settings.quotes
    return {
        "condition": item.condition.value,
        "output_name": item.output_name,
        "unit": item.unit,
        "method": item.method,
        "base": significant(item.base),
        "output": significant(item.output),
        "contributions": [
            {
                "modality": part.modality.value,
                "group": part.group,
                "feature": part.feature,
                "meaning": part.meaning,
                "value": significant(part.value),
                "observed": _finite(part.observed),
                "typical": _finite(part.typical),
                "unit": part.unit,
            }
            for part in item.contributions
        ],
        "moment_base": significant(item.moment_base),
        "moments": [
            {
                "start_s": significant(moment.start_s),
                "end_s": significant(moment.end_s),
                "value": significant(moment.value),
                **({"quote": plain(moment.quote)} if quotes and moment.quote else {}),
            }
            for moment in item.moments
        ],
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else significant(value)


def _fingerprint(data: bytes) -> Json:
    # R4 Attachment.hash is the SHA-1, base64; a checksum, not a protection.
    digest = hashlib.sha1(data, usedforsecurity=False).digest()
    return {"size": len(data), "hash": base64.b64encode(digest).decode("ascii")}
