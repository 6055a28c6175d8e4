"""Degradations by name: their kind, how strong they are, and the order in which to show them."""

import math
import re
from collections.abc import Iterable, Sequence

from clinic.records import OBSERVED_MODALITIES

ONLY, MISSING, BLOCK, NOISE, PERMUTED = "only ", "missing ", "block ", "noise ", "permuted "
KINDS = (ONLY, MISSING, BLOCK, NOISE, PERMUTED)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def starting(variants: Sequence[str], prefix: str) -> tuple[str, ...]:
    """Return the degradations of one kind."""
    return tuple(variant for variant in variants if variant.startswith(prefix))


def amount(variant: str) -> float:
    """Return the rate or level in the name of a degradation, NaN where there is none.

    Example:
        >>> amount("missing 0.3"), amount("noise -5 dB")
        (0.3, -5.0)
    """
    found = _NUMBER.search(variant)
    return float(found.group()) if found else math.nan


def ordered(variants: Iterable[str]) -> tuple[str, ...]:
    """Return degradations by kind, from mild to strong, smaller subsets first.

    Example:
        >>> ordered(["noise 0 dB", "noise 20 dB", "only text+voice", "only face", "only text"])
        ('only text', 'only face', 'only text+voice', 'noise 20 dB', 'noise 0 dB')
    """
    return tuple(sorted(variants, key=_place))


def _place(variant: str) -> tuple[int, int, tuple[int, ...], float, str]:
    kind = next((i for i, name in enumerate(KINDS) if variant.startswith(name)), len(KINDS))
    if kind == len(KINDS):
        return kind, 0, (), 0.0, variant
    prefix, rest = KINDS[kind], variant.removeprefix(KINDS[kind])
    if prefix in (ONLY, PERMUTED):
        known = [str(modality) for modality in OBSERVED_MODALITIES]
        parts = rest.split("+")
        places = tuple(known.index(p) if p in known else len(known) for p in parts)
        return kind, len(parts), places, 0.0, variant
    strength = amount(variant)
    strength = 0.0 if math.isnan(strength) else strength
    return kind, 0, (), -strength if prefix == NOISE else strength, variant
