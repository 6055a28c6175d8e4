"""Bundles as bulk data: one NDJSON file per resource type, no transaction, no urn."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from clinic.errors import SetupError
from clinic.fhir.files import sync_folder
from clinic.fhir.values import Json


class BulkFolder:
    """Collects bundles into ``<Type>.ndjson``; the files appear once all are written.

    A resource that several bundles share (a device, a patient) is written once. Used as a
    context manager; leaving it with an error leaves no file behind.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, TextIO] = {}
        self._seen: set[str] = set()

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            file.close()
        for name in self._files:
            temporary = self._temporary(name)
            if kind is None:
                temporary.replace(self._folder / f"{name}.ndjson")
            else:
                temporary.unlink(missing_ok=True)
        sync_folder(self._folder)

    def add(self, bundle: Json) -> None:
        """Append the resources of one bundle.

        Raises:
            SetupError: A reference that only a transaction can resolve.
        """
        homes = {
            entry["fullUrl"]: f"{entry['resource']['resourceType']}/{_id(entry)}"
            for entry in bundle["entry"]
        }
        for entry in bundle["entry"]:
            home = homes[entry["fullUrl"]]
            if home in self._seen:
                continue
            self._seen.add(home)
            resource = {"resourceType": entry["resource"]["resourceType"], "id": _id(entry)}
            resource |= _rehomed(entry["resource"], homes)
            line = json.dumps(resource, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            self._file(resource["resourceType"]).write(line + "\n")

    def _file(self, name: str) -> TextIO:
        if name not in self._files:
            path = self._temporary(name)
            self._files[name] = path.open("w", encoding="utf-8", newline="\n")
        return self._files[name]

    def _temporary(self, name: str) -> Path:
        return self._folder / f".{name}.ndjson.tmp"


def _id(entry: Json) -> str:
    return str(entry["fullUrl"]).removeprefix("urn:uuid:")


def _rehomed(node: Any, homes: dict[str, str]) -> Any:
    if isinstance(node, dict):
        done = {name: _rehomed(value, homes) for name, value in node.items()}
        if "reference" in done:
            address = done["reference"]
            if address not in homes:
                raise SetupError(
                    "bulk files cannot hold a search for a patient: fhir.patient 'create' needed"
                )
            done["reference"] = homes[address]
        return done
    return [_rehomed(item, homes) for item in node] if isinstance(node, list) else node
