"""COVAREP's voice source and envelope features, and its formants: 100 rows a second, no names."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.datasets.shipped.npy import shipped_stamp
from clinic.datasets.shipped.number_file import (
    NumberLines,
    content_of,
    delimiter_of,
    kept_in_range,
    numbers_of,
    split_lines,
)
from clinic.errors import DataError
from clinic.records import FeatureSpec, FeatureTable, Modality

SOURCE = "COVAREP, Degottex et al. (2014), doi:10.1109/ICASSP.2014.6853739"

_INF = math.inf
#: Name, unit, range, group, meaning; the order is the file's.
_SOURCE_COLUMNS = (
    ("F0", "Hz", 0.0, _INF, "pitch", "pitch of the voice"),
    ("VUV", "1", 0.0, 1.0, "voicing", "1 where the voice sounds"),
    ("NAQ", "1", -_INF, _INF, "voice quality", "normalised amplitude quotient: tense to breathy"),
    ("QOQ", "1", -_INF, _INF, "voice quality", "quasi-open quotient of the voice source"),
    ("H1H2", "dB", -_INF, _INF, "voice quality", "breathiness (first against second harmonic)"),
    ("PSP", "1", -_INF, _INF, "voice quality", "parabolic spectral parameter of the voice source"),
    ("MDQ", "1", -_INF, _INF, "voice quality", "maxima dispersion quotient: breathy to tense"),
    ("peakSlope", "1", -_INF, _INF, "voice quality", "spectral slope of wavelet peaks"),
    ("Rd", "1", -_INF, _INF, "voice quality", "shape of the voice pulse: tense to lax"),
    ("Rd_conf", "1", -_INF, _INF, "voice quality", "trust in the shape of the voice pulse"),
)  # fmt: skip
_CREAK = ("creak", "1", 0.0, 1.0, "voice quality", "probability of creaky voice")
_ENVELOPE = (
    *((f"MCEP_{i}", "shape of the sound spectrum (mel cepstrum {i})", i) for i in range(25)),
    *((f"HMPDM_{i}", "mean phase distortion {i}", i) for i in range(25)),
    *((f"HMPDD_{i}", "spread of phase distortion {i}", i) for i in range(13)),
)
#: What says nothing where the voice does not sound; list of the corpus manual of DAIC-WOZ.
VOICED_ONLY = ("F0", "NAQ", "QOQ", "H1H2", "PSP", "MDQ", "peakSlope", "Rd")

_COVAREP, _FORMANTS = "COVAREP file", "formant file"


def covarep_specs(n_columns: int) -> tuple[FeatureSpec, ...]:
    """Describe the 73 columns, or the 74 with ``creak``.

    Raises:
        DataError: Another number of columns.
    """
    names = [*_SOURCE_COLUMNS, _CREAK] if n_columns == 74 else list(_SOURCE_COLUMNS)
    specs = [_spec(*column) for column in names]
    specs += [
        _spec(n, "1", -_INF, _INF, "spectrum" if n[1] == "C" else "phase", words.format(i=i))
        for n, words, i in _ENVELOPE
    ]
    if len(specs) != n_columns:
        raise DataError(f"{_COVAREP} has {n_columns} columns, 73 or 74 needed")
    return tuple(specs)


def read_covarep(path: Path, *, rate_hz: float, name: str = "covarep") -> FeatureTable:
    """Read COVAREP's features of a recording.

    Rows of nothing but zeros were scrubbed for privacy: NaN and coverage 0. Where VUV is 0 the
    columns of ``VOICED_ONLY`` are NaN.

    Args:
        rate_hz: Rows a second, 100 as COVAREP computes them.

    Returns:
        One row a frame from second 0; a damaged file gives the rows before the damage, a note.

    Raises:
        DataError: Missing, empty, names that are not COVAREP's, or not 73 or 74 columns.
    """
    lines = _lines(path, _COVAREP)
    specs = covarep_specs(lines.n_cells)
    _require_names(lines, [spec.name for spec in specs])
    values, notes = numbers_of(lines, range(lines.n_cells))
    values, n_scrubbed = _without_scrubbed(values)
    names = [spec.name for spec in specs]
    voiced_only = np.array([n in VOICED_ONLY for n in names])
    # NaN counts as not voiced: nothing is known about the voice there.
    unvoiced = ~(values[:, names.index("VUV")] > 0)
    values[np.ix_(unvoiced, voiced_only)] = np.nan
    pitch = values[:, 0]
    values[:, 0] = np.where(pitch > 0, pitch, np.nan)
    kept, range_notes = kept_in_range(values, specs, [1e-3] * len(specs), _COVAREP)
    return _table(name, specs, kept, rate_hz, (*notes, *_scrubbed(n_scrubbed), *range_notes))


def read_formants(path: Path, *, rate_hz: float, name: str = "formants") -> FeatureTable:
    """Read the first five formants; a formant of 0 Hz was not found and is NaN.

    Args:
        rate_hz: Rows a second, 100 as COVAREP computes them.

    Raises:
        DataError: Missing, empty, or not five columns.
    """
    lines = _lines(path, _FORMANTS)
    if lines.n_cells != 5:
        raise DataError(f"{_FORMANTS} has {lines.n_cells} columns, 5 needed")
    specs = tuple(
        _spec(f"F{i}", "Hz", 0.0, _INF, "resonance", f"resonance {i} of mouth and throat")
        for i in range(1, 6)
    )
    _require_names(lines, [spec.name for spec in specs])
    values, notes = numbers_of(lines, range(5))
    values, n_scrubbed = _without_scrubbed(values)
    values[values == 0] = np.nan
    kept, range_notes = kept_in_range(values, specs, [0.0] * 5, _FORMANTS)
    return _table(name, specs, kept, rate_hz, (*notes, *_scrubbed(n_scrubbed), *range_notes))


def _lines(path: Path, what: str) -> NumberLines:
    content = content_of(path, what)
    delimiter = delimiter_of(content)
    first = content.lstrip(b"\xef\xbb\xbf \t\r\n").split(delimiter.encode(), 1)[0].strip(b" \"'")
    # Names begin with a letter; so do NaN and Inf, which are numbers here.
    has_header = first[:1].isalpha() and first[:3].lower() not in (b"nan", b"inf")
    return split_lines(content, what=what, delimiter=delimiter, has_header=has_header)


def _require_names(lines: NumberLines, names: Sequence[str]) -> None:
    """Accept a first line of names (re-exports have one) only where it says the known ones."""
    for found, wanted in zip(lines.header, names, strict=False):
        if found.lower() != wanted.lower():
            raise DataError(f"{lines.what}: column {found[:40]!r} where {wanted} is needed")


def _without_scrubbed(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    is_scrubbed = np.all(values == 0, axis=1)
    return np.where(is_scrubbed[:, None], np.nan, values), int(is_scrubbed.sum())


def _scrubbed(n_rows: int) -> tuple[str, ...]:
    return (f"{n_rows} rows of zeros (scrubbed) are not observed",) if n_rows else ()


def _table(
    name: str,
    specs: tuple[FeatureSpec, ...],
    values: NDArray[np.float64],
    rate_hz: float,
    notes: tuple[str, ...],
) -> FeatureTable:
    rows = np.arange(len(values) + 1) / rate_hz
    return FeatureTable(
        name=name,
        modality=Modality.VOICE,
        row_kind="frame",
        specs=specs,
        start_s=rows[:-1],
        end_s=rows[1:],
        values=values,
        coverage=np.isfinite(values).any(axis=1).astype(np.float64),
        stamp=shipped_stamp("covarep", name=name, rate_hz=rate_hz),
        notes=notes,
    )


def _spec(
    name: str, unit: str, minimum: float, maximum: float, group: str, meaning: str
) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit=unit,
        minimum=minimum,
        maximum=maximum,
        source=SOURCE,
        group=group,
        meaning=meaning,
    )
