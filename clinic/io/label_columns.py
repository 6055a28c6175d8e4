"""Numbered columns of a label table: answers to a questionnaire's items, and raters' votes.

``depression_item_1`` to ``_8`` and ``ptsd_item_1`` to ``_17`` hold answers as printed on the form;
``ambivalence_votes_0`` and ``_1`` hold how many raters chose each band, the lowest band being 0.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clinic.errors import SetupError
from clinic.records import Condition, Scale

_NAME = re.compile(rf"({'|'.join(Condition)})_(item|votes)_(\d+)")


@dataclass(frozen=True, kw_only=True)
class LabelColumns:
    """Where items and votes stand in one table.

    Args:
        scales: Per condition with such columns, its scale.
        items: Per condition the names of its item columns, in the order of the form.
        votes: Per condition the names of its vote columns, in the order of the bands.
    """

    scales: Mapping[Condition, Scale]
    items: Mapping[Condition, tuple[str, ...]]
    votes: Mapping[Condition, tuple[str, ...]]

    @classmethod
    def of(cls, header: Iterable[str], scales: Sequence[Scale]) -> "LabelColumns":
        """Find the numbered columns of a header.

        Raises:
            SetupError: The scale of such a column was not given, or its columns are not
                exactly one per item or band.
        """
        names = list(header)
        known = {scale.condition: scale for scale in scales}
        found: dict[tuple[Condition, str], list[str]] = {}
        for name in names:
            if match := _NAME.fullmatch(name):
                found.setdefault((Condition(match[1]), match[2]), []).append(name)
        items: dict[Condition, tuple[str, ...]] = {}
        votes: dict[Condition, tuple[str, ...]] = {}
        for (condition, kind), present in found.items():
            if condition not in known:
                raise SetupError(f"labels: {present[0]} needs the scale of {condition} (scales)")
            scale = known[condition]
            first, count = (1, scale.n_items) if kind == "item" else (0, scale.n_bands)
            needed = tuple(f"{condition}_{kind}_{i}" for i in range(first, first + count))
            _require_exactly(present, needed, scale, kind)
            (items if kind == "item" else votes)[condition] = needed
        return cls(scales={c: known[c] for c, _ in found}, items=items, votes=votes)

    @property
    def names(self) -> frozenset[str]:
        """Every numbered column: none of them is an attribute."""
        return frozenset(n for group in (self.items, self.votes) for c in group for n in group[c])

    def read_items(self, row: Mapping[str, str], place: str) -> dict[Condition, tuple[float, ...]]:
        """Return the answers of one line, NaN where blank; nothing where all are blank.

        Raises:
            SetupError: An answer is not one that the item allows.
        """
        found = {}
        for condition, names in self.items.items():
            scale = self.scales[condition]
            answers = tuple(_answer(row[name], place, name, scale) for name in names)
            if not all(math.isnan(answer) for answer in answers):
                found[condition] = answers
        return found

    def read_votes(self, row: Mapping[str, str], place: str) -> dict[Condition, tuple[int, ...]]:
        """Return how many raters chose each band in one line; nothing where nobody rated.

        Raises:
            SetupError: A count is no whole number from 0 up, or only some are blank.
        """
        found = {}
        for condition, names in self.votes.items():
            if all(not row[name].strip() for name in names):
                continue
            counts = tuple(_count(row[name], place, name) for name in names)
            if any(counts):
                found[condition] = counts
        return found

    def settled_total(
        self, condition: Condition, answers: Sequence[float], total: float | None, place: str
    ) -> float | None:
        """Return the total that goes with the answers: as given, or their sum where blank.

        Raises:
            SetupError: No set of answers to what is blank gives the total, or nothing is blank
                and the sum is another.
        """
        scale = self.scales[condition]
        known = [answer for answer in answers if not math.isnan(answer)]
        n_blank = len(answers) - len(known)
        least = sum(known) + n_blank * scale.item_minimum
        greatest = sum(known) + n_blank * scale.item_maximum
        if total is None:
            return None if n_blank else sum(known)
        if not least <= total <= greatest:
            between = f"{least:g}" if not n_blank else f"{least:g} to {greatest:g}"
            raise SetupError(
                f"labels {place}: {condition} is {total:g}, its items sum to {between}: correct "
                f"the one that is wrong, or leave {condition} blank to take the sum"
            )
        return total


def _require_exactly(
    present: Sequence[str], needed: Sequence[str], scale: Scale, kind: str
) -> None:
    """Refuse columns that are not one per item or band, each once."""
    has = f"{scale.n_items} items" if kind == "item" else f"{scale.n_bands} bands"
    for name in present:
        if name not in needed or present.count(name) > 1:
            raise SetupError(
                f"labels: column {name} does not fit, {scale.name} has {has} and each one column "
                f"(conf/scales)"
            )
    missing = [name for name in needed if name not in present]
    if missing:
        raise SetupError(
            f"labels: column {missing[0]} is missing, {scale.name} has {has}; a column may be blank"
        )


def _answer(cell: str, place: str, name: str, scale: Scale) -> float:
    if not cell.strip():
        return math.nan
    value = number(cell, f"labels {place}", name)
    if value != int(value) or not scale.item_minimum <= value <= scale.item_maximum:
        raise SetupError(
            f"labels {place}: {name} is {value:g}, a whole number from {scale.item_minimum:g} to "
            f"{scale.item_maximum:g} needed ({scale.name}, conf/scales)"
        )
    return value


def _count(cell: str, place: str, name: str) -> int:
    if not cell.strip():
        raise SetupError(f"labels {place}: {name} is blank beside other votes: 0 if nobody")
    value = number(cell, f"labels {place}", name)
    if value != int(value) or value < 0:
        raise SetupError(f"labels {place}: {name} is {value:g}, a number of raters needed")
    return int(value)


def number(cell: str, where: str, name: str) -> float:
    """Return the number in a cell.

    Raises:
        SetupError: It is none, or not finite.
    """
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SetupError(f"{where}: {name} is no number")
    return value
