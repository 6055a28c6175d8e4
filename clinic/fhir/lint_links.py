"""Rules on references: they resolve inside the bundle, and to the right type."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from clinic.fhir import r4
from clinic.fhir.lint_finding import Finding
from clinic.fhir.values import Json

#: ``Patient/123`` or the search ``Patient?identifier=...``; only for a patient in an EHR.
OUTSIDE = re.compile(r"([A-Z][A-Za-z]+)(?:/[A-Za-z0-9\-.]{1,64}|\?identifier=\S+)")


def link_findings(entries: Sequence[Json]) -> Iterator[Finding]:
    """Yield references that lead nowhere, outside, or to a type that R4 does not permit.

    Updates (PUT) of a later sign-off may refer to what a server already holds.
    """
    kinds = {entry.get("fullUrl"): entry["resource"]["resourceType"] for entry in entries}
    for index, entry in enumerate(entries):
        resource = entry["resource"]
        kind = resource["resourceType"]
        updates = any(e.get("request", {}).get("method") == "PUT" for e in entries)
        for path, reference in _references(resource, kind):
            where = f"entry[{index}].{path}"
            target = kinds.get(reference)
            if target is None:
                outside = OUTSIDE.fullmatch(str(reference))
                if outside is None:
                    yield Finding(rule="reference", where=where, message="resolves to no entry")
                    continue
                target = outside[1]
                if target != "Patient" and not updates:
                    yield Finding(rule="reference", where=where, message="leads outside the bundle")
            permitted = r4.TARGETS.get(path)
            if permitted and target not in permitted:
                yield Finding(rule="reference", where=where, message=f"may not be a {target}")
        if kind == "Provenance" and not resource.get("target"):
            yield Finding(rule="reference", where=f"entry[{index}]", message="no target")


def _references(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item, path)
    elif isinstance(node, dict):
        if "reference" in node:
            yield path, node["reference"]
        for name, value in node.items():
            yield from _references(value, f"{path}.{name}")
