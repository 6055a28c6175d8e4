"""Entries become a transaction: one key for the export, one address for each entry.

The key is a hash of all that is exported, so the same input gives the same bytes, and a server
that has them already creates nothing twice.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from clinic.fhir.context import Context
from clinic.fhir.values import Json, search_term

#: Raised by one whenever the layout of the bundle changes, so that an old export is not
#: taken for a new one.
EXPORT_SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One resource on its way into the bundle.

    Args:
        name: Unique within the export; ``local:<name>`` refers to it.
        identity: Systems and values, all of which must match, by which servers know a
            resource that several exports share (a device, a recording); empty for what belongs
            to this export alone.
    """

    name: str
    resource: Json
    identity: tuple[tuple[str, str], ...] = ()


def assemble(context: Context, entries: Sequence[Entry]) -> Json:
    """Return the transaction Bundle."""
    settings = context.settings
    key = export_key(context, entries)
    namespace = uuid5(NAMESPACE_URL, settings.base_uri)
    urls = {}
    for entry in entries:
        seed = "|".join(part for pair in entry.identity or [(key, entry.name)] for part in pair)
        urls[entry.name] = f"urn:uuid:{uuid5(namespace, f'{_kind(entry)}|{seed}')}"
    tag = {"system": settings.export_tag_system, "code": key}
    return {
        "resourceType": "Bundle",
        "meta": {"tag": [tag]},
        "identifier": {"system": settings.sid("export"), "value": key},
        "type": "transaction",
        "timestamp": context.created,
        "entry": [_finished(context, entry, key, urls) for entry in entries],
    }


def export_key(context: Context, entries: Iterable[Entry]) -> str:
    """Return 32 hex digits over recording, model, settings, layout version and content."""
    result, model = context.result, context.result.model
    facts = [
        EXPORT_SCHEMA_VERSION,
        result.recording_id,
        result.software_version,
        result.settings_sha256,
        model and [model.name, model.version, model.weights_sha256],
        [[entry.name, entry.resource] for entry in entries],
    ]
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _finished(context: Context, entry: Entry, key: str, urls: dict[str, str]) -> Json:
    resource: Json = _resolved(entry.resource, urls)
    kind = _kind(entry)
    if not entry.identity:
        tag_system = context.settings.export_tag_system
        tag = {"system": tag_system, "code": key}
        resource["meta"] = {**resource.get("meta", {}), "tag": [tag]}
        system, value = context.settings.sid("export"), f"{key}-{entry.name}"
        if kind == "Provenance":  # has no identifier in R4
            condition = f"_tag={search_term(tag_system, key)}"
        else:
            resource["identifier"] = [{"system": system, "value": value}]
            if kind == "DocumentReference":
                resource["masterIdentifier"] = {"system": system, "value": value}
            condition = f"identifier={search_term(system, value)}"
    else:
        condition = "&".join(f"identifier={search_term(*pair)}" for pair in entry.identity)
    return {
        "fullUrl": urls[entry.name],
        "resource": resource,
        "request": {"method": "POST", "url": kind, "ifNoneExist": condition},
    }


def _resolved(node: Any, urls: dict[str, str]) -> Any:
    if isinstance(node, dict):
        done = {name: _resolved(value, urls) for name, value in node.items()}
        address = done.get("reference")
        if isinstance(address, str) and address.startswith("local:"):
            done["reference"] = urls[address.removeprefix("local:")]
        return done
    return [_resolved(item, urls) for item in node] if isinstance(node, list) else node


def _kind(entry: Entry) -> str:
    return str(entry.resource["resourceType"])
