"""A ScreeningResult as JSON text and back, exactly: equal results give equal bytes.

Tables keep their NaN as ``null``; a lone float that is not finite is a string (``"NaN"``,
``"Infinity"``, ``"-Infinity"``), so that ``null`` outside a table means None and the text is
strict JSON. Keys are sorted. A settled estimate says in ``kind`` whether it is one.
"""

import json
import math
from collections.abc import Mapping
from functools import cache
from typing import Any, cast, get_origin

import numpy as np
from cattrs import BaseValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn
from cattrs.preconf.json import configure_converter
from cattrs.strategies import configure_tagged_union

from clinic.errors import DataError
from clinic.records.estimate import Settled, SeverityEstimate, Withheld
from clinic.records.features import FeatureTable
from clinic.records.result import ScreeningResult

#: Raised by one whenever a reader of the older text would misread the newer one.
SCHEMA_VERSION = 2

_SCHEMA_KEY = "schema_version"
_KINDS: dict[type, str] = {SeverityEstimate: "estimate", Withheld: "withheld"}
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_json(result: ScreeningResult) -> str:
    """Return strict JSON in ASCII, one line ended by a newline, keys sorted."""
    plain: dict[str, Any] = _converter().unstructure(result, ScreeningResult)
    plain[_SCHEMA_KEY] = SCHEMA_VERSION
    return json.dumps(plain, sort_keys=True, allow_nan=False, separators=(",", ":")) + "\n"


def from_json(text: str) -> ScreeningResult:
    """Return the result that ``to_json`` wrote; every record checks itself again.

    Raises:
        DataError: No JSON, another schema version, a missing or unknown key, or a value that
            a record refuses. The message names the place, never the value.
    """
    try:
        plain = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise DataError("the stored result is no JSON: it was cut short or edited") from error
    if not isinstance(plain, dict):
        raise DataError(f"the stored result is a {type(plain).__name__}, an object is needed")
    version = plain.pop(_SCHEMA_KEY, None)
    if version != SCHEMA_VERSION:
        raise DataError(f"the stored result has schema version {version}, {SCHEMA_VERSION} needed")
    try:
        return _converter().structure(plain, ScreeningResult)
    except BaseValidationError as error:
        places = transform_error(error, path="result")
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        raise DataError(f"the stored result: {places[0]}{more}") from error


@cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    configure_converter(converter)
    converter.register_unstructure_hook(float, _plain_float)
    converter.register_structure_hook(float, _structured_float)
    for kind in (bool, int, str):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_unstructure_hook_func(_is_settings, _plain_settings)
    converter.register_structure_hook_func(_is_settings, lambda value, _: _settings(value))
    converter.register_unstructure_hook_func(_is_array, _plain_array)
    converter.register_structure_hook_func(_is_array, lambda value, _: _array(value))
    table = make_dict_structure_fn(FeatureTable, converter, _cattrs_forbid_extra_keys=True)
    converter.register_structure_hook(
        FeatureTable, lambda value, kind: table(_with_columns(value), kind)
    )
    configure_tagged_union(
        Settled, converter, tag_name="kind", tag_generator=lambda kind: _KINDS[kind]
    )
    return converter


def _is_array(kind: Any) -> bool:
    return kind is np.ndarray or get_origin(kind) is np.ndarray


def _is_settings(kind: Any) -> bool:
    return kind == Mapping[str, object]


def _plain_float(value: float) -> float | str:
    number = float(value)  # an int in a float's place is written as a float: equal, equal bytes
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")


def _structured_float(value: Any, _: Any) -> float:
    if isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is needed")
    return float(value)


def _exactly(wanted: type) -> Any:
    def check(value: Any, kind: Any) -> Any:
        if type(value) is not wanted:
            raise ValueError(f"{wanted.__name__} needed")
        # The records' enums are strings too, and must come back as enums.
        return value if kind is wanted else kind(value)

    return check


def _plain_array(array: Any) -> Any:
    if array.dtype != np.float64:
        raise AssertionError(f"{array.dtype} array in a record, float64 promised")
    values = array.astype(object)
    values[~np.isfinite(array)] = None
    return values.tolist()


def _array(value: Any) -> Any:
    return np.array(value, dtype=np.float64)  # None becomes NaN


def _with_columns(value: Any) -> Any:
    """Give an empty list of rows its number of columns back."""
    if isinstance(value, dict) and value.get("values") == [] and "specs" in value:
        return value | {"values": np.empty((0, len(value["specs"])))}
    return value


def _plain_settings(settings: Mapping[str, object]) -> dict[str, Any]:
    return {str(key): _plain_setting(value) for key, value in settings.items()}


def _plain_setting(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _plain_settings(value)
    if isinstance(value, list | tuple):
        return [_plain_setting(item) for item in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _plain_float(value)
    return str(value)


def _settings(value: Any) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("settings are an object")
    return cast(Mapping[str, object], value)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
