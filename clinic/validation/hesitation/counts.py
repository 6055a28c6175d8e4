"""Counts in consultations: fillers that a list knows, restarts in speech and in writing."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.features.text.disfluency import restarts
from clinic.features.text.words import words_of
from clinic.validation.hesitation.data import Consultation
from clinic.validation.study_intervals import Weighted

Floats = NDArray[np.float64]

#: Groups to draw, one a row, and the statistic of the weighted rows.
Counted = tuple[list[str], Weighted]


def known_fillers(
    said: Sequence[Consultation], *, inventory: Collection[str], listed: Collection[str]
) -> Counted:
    """Return the share of the fillers of an inventory that a list knows, one row a filler."""
    found = [
        (one.name, float(word in listed))
        for one in said
        for segment in one.segments
        for word in words_of(segment.text or "")
        if word in inventory
    ]
    known = np.array([is_known for _, is_known in found])
    return [name for name, _ in found], share_of(known, np.ones(len(known)))


def restarts_per_100(
    texts: Sequence[tuple[str, Sequence[str]]], *, never: Collection[str]
) -> Counted:
    """Return restarts per 100 words, one row a text.

    Args:
        texts: Group and words of each.
        never: As in ``restarts``.
    """
    counts = np.array([100.0 * restarts(words, never=never) for _, words in texts])
    n_words = np.array([float(len(words)) for _, words in texts])
    return [name for name, _ in texts], share_of(counts, n_words)


def read_notes(folder: Path) -> list[tuple[str, list[str]]]:
    """Return name and words of each written note."""
    return [
        (path.stem, words_of(str(json.loads(path.read_text(encoding="utf-8"))["note"])))
        for path in sorted(folder.glob("*.json"))
    ]


def share_of(part: Floats, whole: Floats) -> Weighted:
    """Return the statistic "sum of one over sum of the other"; NaN where that is 0."""

    def statistic(weights: Floats) -> Floats:
        total = weights @ whole
        return np.asarray(weights @ part / np.where(total > 0, total, np.nan))

    return statistic
