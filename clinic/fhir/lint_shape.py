"""Rules on form: transaction entries, R4 elements, numbers, times, files, narratives."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from clinic.fhir import r4
from clinic.fhir.lint_finding import Finding
from clinic.fhir.text import XHTML
from clinic.fhir.values import Json

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?",
)
#: Tags that we write in narratives; FHIR permits more.
TAGS = frozenset(f"{{{XHTML}}}{tag}" for tag in ("div", "p", "b", "br", "ul", "li"))
#: Numbers whatever their parent: the value of a Quantity or one end of a Range.
QUANTITIES = frozenset(("valueQuantity", "low", "high"))


def entry_findings(bundle: Json) -> Iterator[Finding]:
    """Yield what is wrong with the transaction around the resources."""
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        yield Finding(rule="transaction", where="Bundle", message="no transaction Bundle")
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not entries:
        yield Finding(rule="transaction", where="Bundle.entry", message="no entries")
        return
    yield from _walk({k: v for k, v in bundle.items() if k != "entry"}, "Bundle")
    seen = set()
    for index, entry in enumerate(entries):
        where = f"entry[{index}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("resource"), dict):
            yield Finding(rule="transaction", where=where, message="no resource")
            continue
        url = entry.get("fullUrl")
        if not isinstance(url, str) or not URN.fullmatch(url):
            yield Finding(rule="full-url", where=where, message="fullUrl is no urn:uuid")
        if url in seen:
            yield Finding(rule="full-url", where=where, message="fullUrl repeats")
        seen.add(url)
        yield from _request(where, entry)


def resource_findings(index: int, resource: Json) -> Iterator[Finding]:
    """Yield what is wrong with one resource by itself."""
    kind = str(resource.get("resourceType"))
    where = f"entry[{index}].{kind}"
    if kind not in r4.ELEMENTS:
        yield Finding(rule="shape", where=where, message="a resource type that we never write")
        return
    for name in resource:
        if name.removeprefix("_") not in r4.ELEMENTS[kind]:
            yield Finding(rule="r4-element", where=f"{where}.{name}", message="no element of R4")
    for name in sorted(r4.REQUIRED[kind] - resource.keys()):
        yield Finding(rule="shape", where=f"{where}.{name}", message="required and absent")
    for name in sorted(r4.REPEATED[kind] & resource.keys()):
        if not isinstance(resource[name], list):
            yield Finding(rule="shape", where=f"{where}.{name}", message="a list is needed")
    if "contained" in resource:
        yield Finding(rule="contained", where=where, message="we contain no resources")
    if "id" in resource and not ID.fullmatch(str(resource["id"])):
        yield Finding(rule="id", where=where, message="characters that an id may not have")
    yield from _status(where, kind, resource)
    yield from _walk(resource, where)
    if "text" in resource:
        yield from _narrative(f"{where}.text", resource["text"])


def _request(where: str, entry: Json) -> Iterator[Finding]:
    request = entry.get("request")
    if not isinstance(request, dict) or not {"method", "url"} <= request.keys():
        yield Finding(rule="transaction", where=where, message="no request with method and url")
        return
    kind = entry["resource"].get("resourceType")
    if str(request["url"]).partition("?")[0] != kind:
        yield Finding(rule="transaction", where=where, message="request goes to another type")
    if request["method"] == "POST" and not request.get("ifNoneExist"):
        yield Finding(
            rule="transaction", where=where, message="no ifNoneExist: sent twice, it would double"
        )


def _status(where: str, kind: str, resource: Json) -> Iterator[Finding]:
    permitted = r4.STATUSES.get(kind)
    if permitted and "status" in resource and resource["status"] not in permitted:
        yield Finding(rule="status", where=f"{where}.status", message="no code of R4's value set")
    document = resource.get("docStatus")
    if document is not None and document not in r4.DOCUMENT_STATUSES:
        yield Finding(rule="status", where=f"{where}.docStatus", message="no code of R4")


def _walk(node: Any, where: str) -> Iterator[Finding]:
    if node is None or node in ("", [], {}):
        yield Finding(rule="empty", where=where, message="null or empty")
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _walk(item, f"{where}[{index}]")
    elif isinstance(node, dict):
        if "contentType" in node or "data" in node:
            yield from _attachment(node, where)
        for name, value in node.items():
            place = f"{where}.{name}"
            if name in r4.TIMES and not (isinstance(value, str) and TIME.fullmatch(value)):
                yield Finding(rule="time", where=place, message="no FHIR time with a time zone")
            if name in r4.NUMBERS and not _is_number(value):
                yield Finding(rule="number", where=place, message="no JSON number")
            if (
                name in QUANTITIES
                and isinstance(value, dict)
                and not _is_number(value.get("value"))
            ):
                yield Finding(rule="number", where=place, message="its value is no JSON number")
            yield from _walk(value, place)


def _attachment(node: Json, where: str) -> Iterator[Finding]:
    if "data" not in node:
        return
    try:
        data = base64.b64decode(node["data"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        yield Finding(rule="attachment", where=where, message="data is no base64")
        return
    digest = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    if not data or node.get("size") != len(data) or node.get("hash") != digest:
        yield Finding(rule="attachment", where=where, message="size or hash does not fit the data")
    if node.get("contentType") == "application/pdf" and not data.startswith(b"%PDF-"):
        yield Finding(rule="attachment", where=where, message="data is no PDF")


def _narrative(where: str, text: Any) -> Iterator[Finding]:
    div = text.get("div") if isinstance(text, dict) else None
    # A declaration could define entities; ours never has one.
    if not isinstance(div, str) or "<!" in div or "<?" in div:
        yield Finding(rule="narrative", where=where, message="no plain XHTML div")
        return
    try:
        root = ElementTree.fromstring(div)
    except ElementTree.ParseError:
        yield Finding(rule="narrative", where=where, message="not well-formed")
        return
    elements = list(root.iter())
    if root.tag != f"{{{XHTML}}}div" or any(e.tag not in TAGS or e.attrib for e in elements):
        yield Finding(rule="narrative", where=where, message="a tag or attribute we never write")
    if not "".join(root.itertext()).strip():
        yield Finding(rule="narrative", where=where, message="no text")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
