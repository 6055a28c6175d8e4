"""Refuse settings out of range: one line naming what came, what was needed and the setting."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any

from clinic.errors import SetupError


def need(fine: bool, came: object, needed: str, setting: str) -> None:
    """Raise SetupError unless ``fine``."""
    if not fine:
        raise SetupError(f"{setting} is {came}, {needed} needed ({setting})")


def need_number(
    value: Any, setting: str, low: float = -math.inf, high: float = math.inf, *, open_: bool = False
) -> None:
    """Need a finite number in [low, high], or in (low, high) with ``open_``."""
    fine = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if fine:
        fine = low < value < high if open_ else low <= value <= high
    ends = "between {} and {}, ends excluded" if open_ else "from {} to {}"
    need(bool(fine), value, f"a number {ends.format(low, high)}", setting)


def need_whole(value: Any, setting: str, low: int) -> None:
    """Need a whole number of at least ``low``."""
    fine = isinstance(value, int) and not isinstance(value, bool) and value >= low
    need(fine, value, f"a whole number of at least {low}", setting)


def need_shares(component: object, *names: str) -> None:
    """Need each named field of a component to be in [0, 1]."""
    for name in names:
        need_number(getattr(component, name), name, 0, 1)


def need_rising(values: Any, setting: str) -> None:
    """Need at least one number, each above the one before."""
    fine = isinstance(values, Sequence) and len(values) > 0 and not isinstance(values, str)
    need(fine, values, "a list of rising numbers", setting)
    for value in values:
        need_number(value, setting)
    rising = all(one < other for one, other in pairwise(values))
    need(rising, list(values), "a list of rising numbers", setting)


def need_group(value: object, kind: type, group: str, example: str) -> None:
    """Need a whole group of settings: ``media=hd`` replaces the group by the word ``hd``."""
    chosen = value if isinstance(value, str) else example
    needed = f"a group of settings, chosen as simulate/{group}@{group}={chosen},"
    is_group = isinstance(value, Mapping) if kind is Mapping else isinstance(value, kind)
    need(is_group, value, needed, group)
