"""Read a stamp off a component that holds other components."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass

from clinic.records import Stamp, package_version


def nested_stamp(
    component: object, *, weights_sha256: str | None = None, licence: str = "MIT"
) -> Stamp:
    """Return a stamp whose settings hold those of the components inside, as plain JSON values."""
    kind = type(component)
    settings = _plain(component)
    if not isinstance(settings, dict):
        raise AssertionError(f"{kind.__qualname__} is no dataclass")
    settings.pop("component")
    return Stamp(
        component=f"{kind.__module__}.{kind.__qualname__}",
        version=package_version("clinic-screening"),
        settings=settings,
        weights_sha256=weights_sha256,
        licence=licence,
    )


def joint_stamp(component: object, parts: Sequence[Stamp]) -> Stamp:
    """Return a nested stamp with every hash and every licence of the parts, each once."""
    hashes = dict.fromkeys(p.weights_sha256 for p in parts if p.weights_sha256 is not None)
    licences = dict.fromkeys(["MIT", *(one for p in parts for one in p.licence.split("; "))])
    return nested_stamp(
        component, weights_sha256=" ".join(hashes) or None, licence="; ".join(licences)
    )


def _plain(value: object) -> object:
    if is_dataclass(value):
        held = {
            f.name: _plain(getattr(value, f.name))
            for f in fields(value)
            if not f.name.startswith("_")
        }
        return {"component": type(value).__qualname__, **held}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float) or value is None:
        return value
    return str(value)
