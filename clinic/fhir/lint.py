"""The project's own rules for a bundle: a hard gate, because no validator sees these.

Each rule looks at plain JSON and knows nothing of how the bundle was built.
"""

from collections.abc import Iterator

from clinic.fhir.lint_claims import claim_findings
from clinic.fhir.lint_finding import Finding
from clinic.fhir.lint_links import link_findings
from clinic.fhir.lint_shape import entry_findings, resource_findings
from clinic.fhir.values import Json


def lint(bundle: Json, *, banner: str = "") -> list[Finding]:
    """Return every broken rule; an empty list means that the bundle may be written.

    Args:
        banner: Sentence that every narrative and conclusion must carry, or an empty string.
    """
    return list(_findings(bundle, banner))


def _findings(bundle: Json, banner: str) -> Iterator[Finding]:
    yield from entry_findings(bundle)
    entries = [
        entry
        for entry in bundle.get("entry") or []
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
    ]
    shape = [
        finding
        for index, entry in enumerate(entries)
        for finding in resource_findings(index, entry["resource"])
    ]
    yield from shape
    if any(finding.rule == "shape" for finding in shape):
        return  # the rules below rely on lists being lists
    yield from link_findings(entries)
    yield from claim_findings(entries, banner)


__all__ = ["Finding", "lint"]
