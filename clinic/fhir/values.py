"""FHIR data types as plain dicts; numbers are rounded before they are written."""

import math
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from clinic.fhir.text import plain

Json = dict[str, Any]

UCUM = "http://unitsofmeasure.org"
DATA_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
DATA_ABSENT_EXTENSION = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

#: Our unit -> UCUM code; any other unit is written as text alone.
UCUM_CODES = {"1": "1", "s": "s", "ms": "ms", "min": "min", "Hz": "Hz", "dB": "dB", "%": "%"}

#: Decimals of a score and of a probability; a percent has two fewer than a probability.
SCORE_DECIMALS = 2
PROBABILITY_DECIMALS = 4


def rounded(value: float, decimals: int) -> float:
    """Round; never minus zero."""
    return round(float(value), decimals) + 0.0


def significant(value: float) -> float:
    """Keep six significant digits, so that small measurements do not become zero."""
    return float(f"{value:.6g}") + 0.0


def concept(system: str, code: str, display: str, text: str | None = None) -> Json:
    """Return a CodeableConcept with one coding."""
    coding = {"system": system, "code": code, "display": plain(display)}
    return {"coding": [coding], "text": plain(text or display)}


def score_quantity(value: float) -> Json:
    """Return a score in points of its scale."""
    unit = "{score}"
    number = rounded(value, SCORE_DECIMALS)
    return {"value": number, "unit": unit, "system": UCUM, "code": unit}


def probability_quantity(value: float) -> Json:
    """Return a probability in [0, 1] with unit 1."""
    number = rounded(value, PROBABILITY_DECIMALS)
    return {"value": number, "unit": "probability", "system": UCUM, "code": "1"}


def quantity(value: float, unit: str) -> Json:
    """Return a measurement; the unit is coded where UCUM knows it by our name."""
    number: Json = {"value": significant(value)}
    if unit in UCUM_CODES:
        return {**number, "unit": unit, "system": UCUM, "code": UCUM_CODES[unit]}
    return {**number, "unit": plain(unit)} if unit.strip() else number


def measured(value: float | None, unit: str, absent: str) -> Json:
    """Return ``valueQuantity``, or ``dataAbsentReason`` for what was not observed."""
    if value is None or not math.isfinite(value):
        return absent_reason("unknown", "Unknown", absent)
    return {"valueQuantity": quantity(value, unit)}


def percent(probability: float) -> float:
    """Return the percent that R4 ``RiskAssessment.prediction.probability`` wants."""
    return rounded(100.0 * probability, PROBABILITY_DECIMALS - 2)


def absent_reason(code: str, display: str, text: str) -> Json:
    """Return ``dataAbsentReason`` with a standard code and the reason in words."""
    return {"dataAbsentReason": concept(DATA_ABSENT, code, display, text)}


def absent_extension(code: str) -> Json:
    """Return what stands in for a primitive value that is absent."""
    return {"extension": [{"url": DATA_ABSENT_EXTENSION, "valueCode": code}]}


def instant(moment: datetime) -> str:
    """Return a time to the second with its zone.

    An offset that is not a whole number of minutes, which FHIR cannot write, becomes UTC.
    """
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() % 60:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="seconds")


def local(name: str) -> Json:
    """Return a reference to another entry of this export, resolved when it is assembled."""
    return {"reference": f"local:{name}"}


def search_term(system: str, value: str) -> str:
    """Return ``system|value`` for a token search, escaped for FHIR and then for a URL.

    A comma would mean "or" and find another patient, hence the escape (R4 search, 3.1.1.4.0.1).

    Example:
        >>> search_term("https://a.org/sid", "p,1")
        'https%3A%2F%2Fa.org%2Fsid|p%5C%2C1'
    """
    return f"{_quoted(system)}|{_quoted(value)}"


def _quoted(part: str) -> str:
    return quote(re.sub(r"([\\,|$])", r"\\\1", part), safe="")
