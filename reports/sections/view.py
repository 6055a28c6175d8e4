"""What every section is made from."""

from dataclasses import dataclass

from clinic.records import OBSERVED_MODALITIES, Modality, ScreeningResult
from reports.wording import Wording

#: Widths in drawing units: a whole line on paper, the left of two columns, a phone.
WIDE, COLUMN, NARROW = 680.0, 390.0, 340.0


@dataclass(frozen=True, kw_only=True)
class View:
    """A result, the language to tell it in, and how much of it fits a short report.

    Args:
        max_moments: Moments of disagreement that are told in words.
        max_features: Measures named per explanation.
        max_quotes: Answers quoted per explanation.
        max_sentences: Sentences per explanation.
    """

    result: ScreeningResult
    words: Wording
    max_moments: int
    max_features: int
    max_quotes: int
    max_sentences: int

    @property
    def observed(self) -> tuple[Modality, ...]:
        """Modalities that were observed."""
        absent = {absence.modality for absence in self.result.absences}
        return tuple(m for m in OBSERVED_MODALITIES if m not in absent)

    def modality(self, modality: Modality) -> str:
        """Return the name of a modality for a reader."""
        return self.words(f"modality.{modality.value}")
