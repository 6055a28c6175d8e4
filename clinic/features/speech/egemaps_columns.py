"""The 88 functionals and 25 low-level descriptors of eGeMAPSv02, described for a reader.

Names and their order are openSMILE's own; a test compares them with the library.
"""

from dataclasses import dataclass
from math import inf

from clinic.records import FeatureSpec

SOURCE = "Eyben et al. (2016), doi:10.1109/TAFFC.2015.2457417; openSMILE eGeMAPSv02"


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """One low-level descriptor.

    Args:
        stem: openSMILE's name without the smoothing suffix.
        suffix: ``sma3``, or ``sma3nz`` where zeros are left out of the functionals.
    """

    stem: str
    suffix: str
    unit: str
    group: str
    noun: str
    minimum: float = -inf
    maximum: float = inf

    @property
    def name(self) -> str:
        """Name of the contour."""
        return f"{self.stem}_{self.suffix}"


def _formant(number: int, ordinal: str) -> tuple[Descriptor, ...]:
    return (
        Descriptor(stem=f"F{number}frequency", suffix="sma3nz", unit="Hz", group="resonance",
                   noun=f"{ordinal} resonance of mouth and throat", minimum=0.0),
        Descriptor(stem=f"F{number}bandwidth", suffix="sma3nz", unit="Hz", group="resonance",
                   noun=f"width of the {ordinal} resonance", minimum=0.0),
        Descriptor(stem=f"F{number}amplitudeLogRelF0", suffix="sma3nz", unit="dB",
                   group="resonance",
                   noun=f"strength of the {ordinal} resonance (less with more unvoiced time)"),
    )  # fmt: skip


PITCH = Descriptor(
    stem="F0semitoneFrom27.5Hz", suffix="sma3nz", unit="semitone re 27.5 Hz", group="pitch",
    noun="pitch of the voice", minimum=0.0, maximum=100.0,
)  # fmt: skip
LOUDNESS = Descriptor(
    stem="loudness", suffix="sma3", unit="1", group="loudness", noun="loudness", minimum=0.0
)
FLUX = Descriptor(
    stem="spectralFlux", suffix="sma3", unit="1", group="spectrum",
    noun="change of the sound from moment to moment", minimum=0.0,
)  # fmt: skip
MFCC = tuple(
    Descriptor(stem=f"mfcc{i}", suffix="sma3", unit="1", group="spectrum",
               noun=f"shape of the sound spectrum (coefficient {i})")
    for i in (1, 2, 3, 4)
)  # fmt: skip
VOICE = (
    Descriptor(stem="jitterLocal", suffix="sma3nz", unit="1", group="voice quality",
               noun="unsteadiness of pitch from cycle to cycle (jitter)", minimum=0.0),
    Descriptor(stem="shimmerLocaldB", suffix="sma3nz", unit="dB", group="voice quality",
               noun="unsteadiness of loudness from cycle to cycle (shimmer)", minimum=0.0),
    Descriptor(stem="HNRdBACF", suffix="sma3nz", unit="dB", group="voice quality",
               noun="clearness of the voice (tone against noise)"),
    Descriptor(stem="logRelF0-H1-H2", suffix="sma3nz", unit="dB", group="voice quality",
               noun="breathiness (first against second harmonic)"),
    Descriptor(stem="logRelF0-H1-A3", suffix="sma3nz", unit="dB", group="voice quality",
               noun="softness (first harmonic against the third resonance)"),
)  # fmt: skip
FORMANTS = _formant(1, "first") + _formant(2, "second") + _formant(3, "third")
BALANCE = (
    Descriptor(stem="alphaRatio", suffix="sma3", unit="dB", group="spectrum",
               noun="high against low frequencies (1-5 kHz against 50-1000 Hz)"),
    Descriptor(stem="hammarbergIndex", suffix="sma3", unit="dB", group="spectrum",
               noun="strongest low against strongest high frequency"),
    Descriptor(stem="slope0-500", suffix="sma3", unit="dB/Hz", group="spectrum",
               noun="slope of the sound spectrum below 500 Hz"),
    Descriptor(stem="slope500-1500", suffix="sma3", unit="dB/Hz", group="spectrum",
               noun="slope of the sound spectrum between 500 and 1500 Hz"),
)  # fmt: skip

_CENTRE = {
    "amean": "average {noun}",
    "stddevNorm": "variation of {noun}, relative to its average",
}
_CONTOUR = {
    **_CENTRE,
    "percentile20.0": "{noun}, low end (20th percentile)",
    "percentile50.0": "{noun}, middle (median)",
    "percentile80.0": "{noun}, high end (80th percentile)",
    "pctlrange0-2": "{noun}, spread between low and high end",
    "meanRisingSlope": "{noun}, how fast it rises",
    "stddevRisingSlope": "{noun}, how unevenly it rises",
    "meanFallingSlope": "{noun}, how fast it falls",
    "stddevFallingSlope": "{noun}, how unevenly it falls",
}
_RHYTHM = (
    ("loudnessPeaksPerSec", "1/s", "loudness peaks per second, roughly syllables"),
    ("VoicedSegmentsPerSec", "1/s", "stretches of voice per second"),
    ("MeanVoicedSegmentLengthSec", "s", "average length of a stretch of voice"),
    ("StddevVoicedSegmentLengthSec", "s", "variation in the length of stretches of voice"),
    ("MeanUnvoicedSegmentLength", "s", "average length of a stretch without voice"),
    ("StddevUnvoicedSegmentLength", "s", "variation in the length of stretches without voice"),
)


def functional_specs() -> tuple[FeatureSpec, ...]:
    """Return the 88 columns in openSMILE's order."""
    specs: list[FeatureSpec] = []
    for descriptor in (PITCH, LOUDNESS):
        specs += [_functional(descriptor, name, words) for name, words in _CONTOUR.items()]
    for descriptor in (FLUX, *MFCC, *VOICE, *FORMANTS):
        specs += [_functional(descriptor, name, words) for name, words in _CENTRE.items()]
    for descriptor in (*BALANCE, FLUX, *MFCC):
        specs += [_functional(descriptor, name, w, "V") for name, w in _CENTRE.items()]
    specs += [_functional(d, "amean", _CENTRE["amean"], "UV") for d in (*BALANCE, FLUX)]
    specs += [_spec(name, unit, 0.0, inf, "rhythm", words) for name, unit, words in _RHYTHM]
    level = "average sound level"
    specs.append(
        _spec("equivalentSoundLevel_dBp", "dB re full scale", -inf, inf, "loudness", level)
    )
    return tuple(specs)


def descriptor_specs() -> tuple[FeatureSpec, ...]:
    """Return the 25 contours in openSMILE's order."""
    ordered = (LOUDNESS, *BALANCE, FLUX, *MFCC, PITCH, *VOICE, *FORMANTS)
    return tuple(
        _spec(d.name.replace("loudness", "Loudness"), d.unit, d.minimum, d.maximum, d.group, d.noun)
        for d in ordered
    )


def needs_voice(name: str) -> bool:
    """Tell whether a column says something about voiced sound only."""
    return "nz" in name and not needs_unvoiced(name)


def needs_unvoiced(name: str) -> bool:
    """Tell whether a column says something about stretches without voice only."""
    return "UV_" in name or "UV0" in name or "UV5" in name or "Unvoiced" in name


def needs_sound(name: str) -> bool:
    """Tell whether a column is undefined in digital silence, where a spectrum has no shape."""
    return not (name.startswith(("loudness", "Loudness", "equivalent")) or "PerSec" in name)


def _functional(descriptor: Descriptor, name: str, words: str, where: str = "") -> FeatureSpec:
    """Describe one functional; ``where`` is ``V``, ``UV`` or empty for all frames."""
    stem, suffix = descriptor.stem, descriptor.suffix
    noun = descriptor.noun
    if where:
        head, digit = (stem[:5], stem[5:]) if stem.startswith("slope") else (stem, "")
        stem, suffix = f"{head}{where}{digit}", "sma3nz"
        noun += ", in voiced sounds" if where == "V" else ", between voiced sounds"
    low, high = descriptor.minimum, descriptor.maximum
    unit = descriptor.unit
    if name == "stddevNorm":
        # A spectral measure may average near zero or below it: the ratio has no bounds.
        unit, low, high = "1", -inf, inf
    elif name == "pctlrange0-2":
        unit, low, high = unit.removesuffix(" re 27.5 Hz"), 0.0, inf
    elif name.endswith("Slope"):
        per_second = "1/s" if unit == "1" else f"{unit.removesuffix(' re 27.5 Hz')}/s"
        # openSMILE fits lines through smoothed contours: a flat "rise" may fall by a hair.
        unit, low, high = per_second, -inf, inf
    meaning = words.format(noun=noun)
    return _spec(f"{stem}_{suffix}_{name}", unit, low, high, descriptor.group, meaning)


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
