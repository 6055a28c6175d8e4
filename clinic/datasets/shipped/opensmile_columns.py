"""openSMILE's eGeMAPS, GeMAPS and MFCC columns of any version, described by their names."""

import math
import re

from clinic.records import FeatureSpec

SOURCE = "Eyben et al. (2016), doi:10.1109/TAFFC.2015.2457417; openSMILE"
_INF = math.inf

#: Stem -> unit, minimum, maximum, group, meaning.
_CONTOURS: dict[str, tuple[str, float, float, str, str]] = {
    "loudness": ("1", 0.0, _INF, "loudness", "loudness"),
    "F0semitoneFrom27.5Hz": (
        "semitone re 27.5 Hz", 0.0, 100.0, "pitch", "pitch of the voice",
    ),
    "spectralFlux": ("1", 0.0, _INF, "spectrum", "change of the sound from moment to moment"),
    "alphaRatio": ("dB", -_INF, _INF, "spectrum", "high against low frequencies"),
    "hammarbergIndex": (
        "dB", -_INF, _INF, "spectrum", "strongest low against strongest high frequency",
    ),
    "slope0-500": ("dB/Hz", -_INF, _INF, "spectrum", "spectral slope below 500 Hz"),
    "slope500-1500": ("dB/Hz", -_INF, _INF, "spectrum", "spectral slope from 500 to 1500 Hz"),
    "jitterLocal": ("1", 0.0, _INF, "voice quality", "unsteadiness of pitch (jitter)"),
    "shimmerLocaldB": ("dB", 0.0, _INF, "voice quality", "unsteadiness of loudness (shimmer)"),
    "HNRdBACF": ("dB", -_INF, _INF, "voice quality", "tone against noise"),
    "logRelF0-H1-H2": (
        "dB", -_INF, _INF, "voice quality", "breathiness (first against second harmonic)",
    ),
    "logRelF0-H1-A3": (
        "dB", -_INF, _INF, "voice quality", "first harmonic against the third resonance",
    ),
    **{
        f"F{i}{what}": (unit, low, _INF, "resonance", f"{words} of resonance {i}")
        for i in (1, 2, 3)
        for what, unit, low, words in (
            ("frequency", "Hz", 0.0, "frequency"),
            ("bandwidth", "Hz", 0.0, "width"),
            ("amplitudeLogRelF0", "dB", -_INF, "strength"),
        )
    },
    **{
        f"mfcc{i}": ("1", -_INF, _INF, "spectrum", f"shape of the sound spectrum ({i})")
        for i in (1, 2, 3, 4)
    },
}  # fmt: skip

_FUNCTIONALS = {
    "amean": "average",
    "stddevNorm": "variation relative to the average",
    "percentile20.0": "low end (20th percentile)",
    "percentile50.0": "middle (median)",
    "percentile80.0": "high end (80th percentile)",
    "pctlrange0-2": "spread between low and high end",
    "meanRisingSlope": "how fast it rises",
    "stddevRisingSlope": "how unevenly it rises",
    "meanFallingSlope": "how fast it falls",
    "stddevFallingSlope": "how unevenly it falls",
}
_RHYTHM = {
    "loudnessPeaksPerSec": ("1/s", "loudness peaks per second, roughly syllables"),
    "VoicedSegmentsPerSec": ("1/s", "stretches of voice per second"),
    "MeanVoicedSegmentLengthSec": ("s", "average length of a stretch of voice"),
    "StddevVoicedSegmentLengthSec": ("s", "variation in the length of stretches of voice"),
    "MeanUnvoicedSegmentLength": ("s", "average length of a stretch without voice"),
    "StddevUnvoicedSegmentLength": ("s", "variation in the length of stretches without voice"),
}

_NAME = re.compile(r"(?P<stem>.+?)_sma3(?:nz)?(?:_(?P<functional>[A-Za-z]+[\d.-]*))?")
#: alphaRatioV, mfcc1V, slopeUV0-500: the same contour in voiced, or between voiced, sounds.
_WHERE = re.compile(r"(alphaRatio|hammarbergIndex|spectralFlux|slope|mfcc\d)(UV|V)(?=$|\d)")
#: mfcc[0], pcm_fftMag_mfcc[3]_de_de, mfcc_sma_de[12]: openSMILE's own names of cepstra.
_CEPSTRUM = re.compile(
    r"(?:pcm_)?(?:fftMag_)?(?:mfcc)(?:_sma)?(_de(?:_de)?)?\[(\d+)\](_de(?:_de)?)?"
)
_CHANGES = {"": "", "_de": ", change", "_de_de": ", change of the change"}


def described(name: str) -> FeatureSpec | None:
    """Describe a low-level descriptor or a functional; None for a name of no known set."""
    if cepstrum := _CEPSTRUM.fullmatch(name):
        change = _CHANGES[cepstrum[1] or cepstrum[3] or ""]
        words = f"shape of the sound spectrum ({cepstrum[2]}{change})"
        return _spec(name, "1", -_INF, _INF, "spectrum", words)
    if name in _RHYTHM:
        unit, words = _RHYTHM[name]
        return _spec(name, unit, 0.0, _INF, "rhythm", words)
    if name == "equivalentSoundLevel_dBp":
        return _spec(name, "dB re full scale", -_INF, _INF, "loudness", "average sound level")
    parts = _NAME.fullmatch(name)
    if parts is None:
        return None
    where = _WHERE.search(parts["stem"])
    stem = _WHERE.sub(r"\1", parts["stem"])
    stem = "loudness" if stem == "Loudness" else stem
    functional = parts["functional"]
    if stem not in _CONTOURS or (functional is not None and functional not in _FUNCTIONALS):
        return None
    unit, low, high, group, words = _CONTOURS[stem]
    if where:
        words += ", in voiced sounds" if where[2] == "V" else ", between voiced sounds"
    if functional is None:
        return _spec(name, unit, low, high, group, words)
    words = f"{words}: {_FUNCTIONALS[functional]}"
    plain = unit.removesuffix(" re 27.5 Hz")
    if functional == "stddevNorm":
        return _spec(name, "1", -_INF, _INF, group, words)
    if functional == "pctlrange0-2":
        return _spec(name, plain, 0.0, _INF, group, words)
    if functional.endswith("Slope"):
        per_second = "1/s" if plain == "1" else f"{plain}/s"
        return _spec(name, per_second, -_INF, _INF, group, words)
    return _spec(name, unit, low, high, group, words)


def is_voiced_only(name: str) -> bool:
    """Tell whether a column says something about voiced sound only."""
    return "_sma3nz" in name and not re.search(r"UV(_|\d)", name)


def needs_sound(name: str) -> bool:
    """Tell whether a column is undefined in digital silence, where a spectrum has no shape."""
    return not (name.lower().startswith(("loudness", "equivalent")) or "PerSec" in name)


def is_none_when_zero(name: str) -> bool:
    """Tell whether openSMILE writes 0 in this functional for what never occurred."""
    return name.endswith("Slope") or "SegmentLength" in name


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
