"""From a finished result to the bundle on disk."""

import json
from dataclasses import dataclass
from pathlib import Path

from clinic.errors import DataError
from clinic.fhir.assembly import Entry, assemble
from clinic.fhir.context import Context
from clinic.fhir.documents import attribution_document, report_document
from clinic.fhir.estimates import estimate_entries
from clinic.fhir.files import write_whole
from clinic.fhir.findings import inconsistency_entry, quality_entry
from clinic.fhir.gate import require_attached, require_sound
from clinic.fhir.parties import parties
from clinic.fhir.report import provenance, report_entry, review_task
from clinic.fhir.settings import ExportSettings
from clinic.fhir.values import Json
from clinic.records import ScreeningResult

BUNDLE_FILE = "bundle.json"


@dataclass(frozen=True, kw_only=True)
class BundleWriter(ExportSettings):
    """Turns results into R4 transaction bundles; settings as in ``ExportSettings``."""

    def write(self, result: ScreeningResult, pdf: bytes | None, folder: Path) -> Path:
        """Write ``bundle.json`` whole into an existing folder and return its path."""
        self.export(result, pdf, folder)
        return folder / BUNDLE_FILE

    def export(self, result: ScreeningResult, pdf: bytes | None, folder: Path) -> Json:
        """Do what ``write`` does, and return the bundle."""
        bundle = self.bundle(result, pdf)
        write_whole(folder / BUNDLE_FILE, to_text(bundle))
        return bundle

    def bundle(self, result: ScreeningResult, pdf: bytes | None = None) -> Json:
        """Return the checked bundle; the same result and PDF give the same bundle.

        Args:
            pdf: The clinician report; None where none was rendered.

        Raises:
            DataError: An id or a PDF that cannot be exported, or a bundle that breaks a rule.
        """
        context = Context(settings=self, result=result)
        wanted = pdf if self.pdf != "none" else None
        entries = (
            _document_alone(context, wanted)
            if self.contents == "document"
            else _everything(context, wanted)
        )
        bundle = assemble(context, entries)
        require_sound(bundle, recording_id=result.recording_id, banner=context.banner)
        if pdf is not None:
            require_attached(bundle, pdf)
        return bundle


def to_text(bundle: Json) -> str:
    """Return the bundle as JSON, ended by a newline."""
    return json.dumps(bundle, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _everything(context: Context, pdf: bytes | None) -> list[Entry]:
    findings = [
        *estimate_entries(context),
        inconsistency_entry(context),
        quality_entry(context),
    ]
    observations = [e for e in findings if e.resource["resourceType"] == "Observation"]
    asserted = [*findings, report_entry(context, observations, pdf)]
    if context.settings.attributions:
        attributions = attribution_document(context)
        asserted += [attributions] if attributions else []
    if pdf is not None:
        asserted.append(report_document(context, pdf))
    return [*parties(context), *asserted, review_task(context), provenance(context, asserted)]


def _document_alone(context: Context, pdf: bytes | None) -> list[Entry]:
    if pdf is None:
        raise DataError(
            f"recording {context.result.recording_id} has no PDF, one needed "
            "(fhir.contents is 'document')"
        )
    entry = report_document(context, pdf, alone=True)
    if context.settings.patient != "create":
        return [entry]
    from clinic.fhir.parties import patient

    return [patient(context), entry]
