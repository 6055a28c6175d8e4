"""FHIR R4 export of finished results. Knows the records, and nothing of how they came about."""

from clinic.fhir.bulk import BulkFolder
from clinic.fhir.gate import BundleRefusedError
from clinic.fhir.lint import Finding, lint
from clinic.fhir.writer import BUNDLE_FILE, BundleWriter, to_text

__all__ = [
    "BUNDLE_FILE",
    "BulkFolder",
    "BundleRefusedError",
    "BundleWriter",
    "Finding",
    "lint",
    "to_text",
]
