"""The border to ``fhir.resources`` and the hard gate before anything is written."""

import base64
import logging
from functools import cache
from typing import Any

from clinic.errors import DataError
from clinic.fhir.lint import lint
from clinic.fhir.values import Json


class BundleRefusedError(DataError):
    """A bundle that must not be written; the message names places, never values."""


def require_sound(bundle: Json, *, recording_id: str, banner: str = "") -> None:
    """Validate against the R4B classes and the project's own rules.

    Raises:
        BundleRefusedError: With the rule and the place of the first findings.
    """
    places = structure_errors(bundle) or [str(item) for item in lint(bundle, banner=banner)]
    if places:
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        raise BundleRefusedError(
            f"FHIR bundle of recording {recording_id} refused: {'; '.join(places[:3])}{more}"
        )


def structure_errors(bundle: Json) -> list[str]:
    """Return ``place: kind`` of everything that the R4B classes refuse; never a value."""
    from pydantic import ValidationError

    try:
        _bundle_class().model_validate(bundle)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        return [f"{'.'.join(map(str, item['loc']))}: {item['type']}" for item in found]
    return []


def require_attached(bundle: Json, pdf: bytes) -> None:
    """Assert that every PDF inside the bundle decodes to the bytes that came in."""
    for attachment in attachments(bundle):
        if attachment.get("contentType") == "application/pdf" and "data" in attachment:
            decoded = base64.b64decode(attachment["data"], validate=True)
            if decoded != pdf:
                raise AssertionError("the PDF in the bundle differs from the PDF that was given")


def attachments(bundle: Json) -> list[Json]:
    """Return every Attachment of documents and reports."""
    found: list[Json] = []
    for entry in bundle["entry"]:
        resource = entry["resource"]
        found += resource.get("presentedForm", [])
        if resource["resourceType"] == "DocumentReference":
            found += [content["attachment"] for content in resource["content"]]
    return found


@cache
def _bundle_class() -> Any:
    """Import once (about one second); errors must not carry the values they refuse."""
    from fhir_core.fhirabstractmodel import FHIRAbstractModel

    FHIRAbstractModel.set_global_model_config(hide_input_in_errors=True)
    # fhir_core logs refused values; what we say about them is in structure_errors.
    logging.getLogger("fhir_core").setLevel(logging.CRITICAL)
    from fhir.resources.R4B.bundle import Bundle

    return Bundle
