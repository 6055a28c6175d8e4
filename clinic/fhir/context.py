"""What every resource of one export shares: settings, result, wording and labels."""

from dataclasses import dataclass
from functools import cached_property

from clinic.errors import DataError
from clinic.fhir.settings import ExportSettings
from clinic.fhir.text import DISCLAIMER, narrative, plain, sentence
from clinic.fhir.values import Json, absent_extension, concept, instant, local, search_term
from clinic.records import ScreeningResult

AIAST = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "AIAST",
    "display": "Artificial Intelligence asserted",
}

#: Names of entries that other entries refer to.
ORGANIZATION, PATIENT, DEVICE, MODEL, RECORDING, REPORT = (
    "organization",
    "patient",
    "device",
    "model-summary",
    "recording",
    "report",
)


@dataclass(frozen=True, kw_only=True)
class Context:
    """One result on its way out.

    Raises:
        DataError: An id that no FHIR identifier can hold.
    """

    settings: ExportSettings
    result: ScreeningResult

    def __post_init__(self) -> None:
        for name in ("recording_id", "participant_id", "run_id"):
            value = getattr(self.result, name)
            if not value or plain(value) != value:
                raise DataError(
                    f"{name} has control characters or spaces at its ends, plain text needed"
                )

    @cached_property
    def created(self) -> str:
        """When the result was made."""
        return instant(self.result.created_at)

    @cached_property
    def banner(self) -> str:
        """Sentence that the model's maker demands on every page, or an empty string."""
        text = self.result.model.banner if self.result.model else ""
        return plain(text) if text.strip() else ""

    @cached_property
    def warning(self) -> str:
        """Banner and disclaimer, for every note, narrative and conclusion."""
        return f"{sentence(self.banner)} {DISCLAIMER}" if self.banner else DISCLAIMER

    @property
    def subject(self) -> Json:
        """Reference to the patient: an entry of this bundle, or a search for one match."""
        if self.settings.patient == "create":
            return local(PATIENT)
        term = search_term(self.settings.patient_system, self.result.participant_id)
        return {"reference": f"Patient?identifier={term}"}

    def when(self, element: str) -> Json:
        """Return the interview's date as ``<element>DateTime``, or why there is none."""
        visit = self.result.visit_date
        if visit is not None and self.settings.visit_date:
            return {f"{element}DateTime": visit.isoformat()}
        code = "unknown" if visit is None else "masked"
        return {f"_{element}DateTime": absent_extension(code)}

    def concept(self, code: str, display: str, text: str | None = None) -> Json:
        """Return a concept of our own code system."""
        return concept(self.settings.codes, code, display, text)

    def text(self, *paragraphs: str) -> Json:
        """Return a narrative that ends with banner and disclaimer."""
        return narrative(*paragraphs, self.warning)

    def note(self, *remarks: str) -> list[Json]:
        """Return annotations: banner and disclaimer, then remarks."""
        return [{"text": plain(remark)} for remark in (self.warning, *remarks) if remark.strip()]

    def observation(self, code: Json, *paragraphs: str, remarks: tuple[str, ...] = ()) -> Json:
        """Return what all Observations share: preliminary, asserted by software."""
        return {
            "resourceType": "Observation",
            "meta": {"security": [AIAST]},
            "text": self.text(*paragraphs),
            "status": "preliminary",
            "category": [self.concept("ai-screening", "AI screening estimate")],
            "code": code,
            "subject": self.subject,
            **self.when("effective"),
            "issued": self.created,
            "performer": [local(ORGANIZATION)],
            "note": self.note(*remarks),
            "method": self.method,
            "device": local(DEVICE),
            "derivedFrom": [local(RECORDING)],
        }

    @property
    def method(self) -> Json:
        """How everything was computed."""
        return self.concept(
            "multimodal-ml",
            "Multimodal machine-learning estimate from interview audio, video and transcript",
        )
