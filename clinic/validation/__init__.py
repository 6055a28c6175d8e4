"""How well affect readings and disagreement agree with people: measured on open data."""

from clinic.validation.study import Figure, Finding, Study, StudyResult, Table

__all__ = ["Figure", "Finding", "Study", "StudyResult", "Table"]
