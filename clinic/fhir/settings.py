"""What a site decides about its export; the values live in ``conf/fhir``."""

from dataclasses import dataclass
from typing import Any

from clinic.errors import SetupError

#: Permitted values of the settings that are a choice; R4 ``request-priority`` for the last.
CHOICES = {
    "contents": ("full", "document"),
    "patient": ("create", "existing"),
    "pdf": ("inline", "reference", "none"),
    "safety_priority": ("routine", "urgent", "asap", "stat"),
}


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """Settings of one export.

    Args:
        base_uri: Root of the site's own identifier systems and tags. Two sites that send to
            one server need two roots, or equal pseudonyms would become one patient.
        code_system: URI of the code system of estimates (never a questionnaire's); None for
            ``<base_uri>/CodeSystem/ai-screening``.
        site_id, site_name: The organisation that ran the screening.
        contents: ``full``, or ``document``: the report as one DocumentReference, nothing else.
        patient: ``create`` a Patient that holds the pseudonym alone, or refer to the one
            ``existing`` Patient with this identifier (none is created).
        patient_system: Identifier system under which the participant id is known.
        pdf: Report ``inline``, by ``reference`` to ``pdf_url``, or ``none``.
        pdf_url: Address with ``{recording_id}`` in it; for ``pdf: reference``.
        presented_form: Put the PDF into the DiagnosticReport too.
        attributions: Add the attributions as one JSON document.
        quotes: Let words of the transcript into the structured fields and the JSON.
        visit_date: Export the date of the interview; else it is marked as masked.
        n_moments: Number of strongest moments of disagreement to export.
        safety_priority: Priority of the review Task when there is a safety notice.

    Raises:
        SetupError: A choice that does not exist, or ``pdf: reference`` without an address.
    """

    base_uri: str
    code_system: str | None
    site_id: str
    site_name: str
    contents: str
    patient: str
    patient_system: str
    pdf: str
    presented_form: bool
    attributions: bool
    quotes: bool
    visit_date: bool
    n_moments: int
    safety_priority: str
    pdf_url: str | None = None

    def __post_init__(self) -> None:
        for name, permitted in CHOICES.items():
            value: Any = getattr(self, name)
            if value not in permitted:
                raise SetupError(f"fhir.{name} is {value!r}, one of {', '.join(permitted)} needed")
        for name in ("base_uri", "codes", "patient_system"):
            value = getattr(self, name)
            if ":" not in value or any(mark.isspace() for mark in value):
                raise SetupError(f"fhir.{name} is {value!r}, an absolute URI needed")
        if self.pdf == "reference" and "{recording_id}" not in (self.pdf_url or ""):
            raise SetupError(
                f"fhir.pdf_url is {self.pdf_url!r}, an address with {{recording_id}} needed "
                "(fhir.pdf is 'reference')"
            )
        if self.contents == "document" and self.pdf == "none":
            raise SetupError("fhir.contents 'document' is the PDF alone, fhir.pdf is 'none'")

    def sid(self, name: str) -> str:
        """Return the site's identifier system of one kind, such as ``recording``."""
        return f"{self.base_uri.rstrip('/')}/sid/{name}"

    @property
    def codes(self) -> str:
        """URI of our own code system."""
        return self.code_system or f"{self.base_uri.rstrip('/')}/CodeSystem/ai-screening"

    @property
    def export_tag_system(self) -> str:
        """System of the tag that every resource of one export carries."""
        return f"{self.base_uri.rstrip('/')}/tags/export"
