"""Provenance of one component, read off the component's own fields."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """What made a value: component, version, settings and weights.

    Args:
        component: Dotted name of the class.
        version: Version of the package that did the work, such as ``opensmile 2.6.0``.
        settings: Constructor settings as plain JSON values.
        weights_sha256: Hash of the learned weights, or None where nothing is learned.
        licence: Licence that binds a user of this component.
    """

    component: str
    version: str
    settings: Mapping[str, object]
    weights_sha256: str | None = None
    licence: str = "MIT"

    @property
    def digest(self) -> str:
        """First 16 hex digits of a SHA-256 over all fields."""
        text = json.dumps(
            [self.component, self.version, dict(self.settings), self.weights_sha256],
            sort_keys=True,
            default=str,
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def package_version(distribution: str) -> str:
    """Return ``name x.y.z`` of an installed distribution, or ``name not installed``."""
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return f"{distribution} not installed"


def stamp_of(
    component: object,
    *,
    distribution: str = "clinic-screening",
    weights_sha256: str | None = None,
    licence: str = "MIT",
) -> Stamp:
    """Read a stamp off a dataclass component: its plain fields are its settings."""
    kind = type(component)
    settings: dict[str, object] = {}
    if is_dataclass(component):
        for field in fields(component):
            if field.name.startswith("_"):
                continue
            value = getattr(component, field.name)
            if isinstance(value, str | int | float | bool | list | tuple | dict) or value is None:
                settings[field.name] = list(value) if isinstance(value, tuple) else value
    return Stamp(
        component=f"{kind.__module__}.{kind.__qualname__}",
        version=package_version(distribution),
        settings=settings,
        weights_sha256=weights_sha256,
        licence=licence,
    )
