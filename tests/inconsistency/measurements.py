"""Make the numbers of docs/decisions/0007-moments.md again (some CPU-minutes; run by hand).

python tests/inconsistency/measurements.py [--interviews 150] [--follow]

Readings are drawn: normal, with coupling r of voice and face to the words, and planted conflicts
of four kinds. For each design: moments shown, interviews that show any, the mean share of false
ones among those shown (E[V/R], none shown counting as 0), and the share of planted ones found.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.config import build, compose
from clinic.inconsistency.measures import Measure
from clinic.inconsistency.moments.discovery import discoveries

Floats = NDArray[np.float64]

LIMITS = (0.25, 0.5)
FOLLOWS = {
    "voice_arousal": "text_arousal",
    "face_arousal": "text_arousal",
    "face_valence": "text_valence",
    "face_smile": "text_valence",
}
#: Utterances, coupling, autocorrelation, planted conflicts, their size in SD.
NOTHING_PLANTED = [
    *((n, r, 0.0, 0, 0.0) for n in (16, 40, 120) for r in (0.0, 0.3, 0.6)),
    (40, 0.0, 0.5, 0, 0.0),
]
PLANTED = [
    (n, r, 0.0, k, size)
    for n, k in ((16, 2), (40, 4), (120, 4))
    for r in (0.0, 0.3, 0.6)
    for size in (2.0, 3.0)
]


def main() -> None:
    """Print one line a design."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interviews", type=int, default=150)
    parser.add_argument("--follow", action="store_true", help="a null that keeps coupling")
    options = parser.parse_args()
    settings = compose("extract", values={"input": "in", "out": "out"}).inconsistency
    baseline = build(settings.baseline)
    measures = [build(m) for m in settings.measures.values()]
    measures = [m for m in measures if m.notable is not None]
    for n, coupling, smooth, n_planted, size in (*NOTHING_PLANTED, *PLANTED):
        random = np.random.default_rng(1)
        rates, truth = [], []
        for _ in range(options.interviews):
            raw = drawn(random, n, coupling=coupling, smooth=smooth)
            where = plant(random, raw, n_planted, size)
            scores = {k: baseline.scores(v, floor=0.05) for k, v in raw.items()}
            rates.append(ranked(measures, scores, FOLLOWS if options.follow else {}))
            truth.append(where)
        line = f"n {n}, r {coupling}, autocorrelation {smooth}, {n_planted} planted by {size} SD:"
        for limit in LIMITS:
            line += f" [{limit}] {counted(rates, truth, limit)}"
        sys.stdout.write(line + "\n")


def drawn(
    random: np.random.Generator, n: int, *, coupling: float, smooth: float
) -> dict[str, Floats]:
    """Return the six readings of one interview, the smile close to the valence of the face."""

    def noise() -> Floats:
        values = random.normal(size=n)
        for i in range(1, n):
            values[i] = smooth * values[i - 1] + np.sqrt(1 - smooth**2) * values[i]
        return values

    own = np.sqrt(1 - coupling**2)
    valence, arousal = noise(), noise()
    face = coupling * valence + own * noise()
    return {
        "text_valence": valence,
        "text_arousal": arousal,
        "voice_arousal": coupling * arousal + own * noise(),
        "face_valence": face,
        "face_arousal": coupling * arousal + own * noise(),
        "face_smile": 0.8 * face + 0.6 * noise(),
    }


def plant(
    random: np.random.Generator, raw: dict[str, Floats], n_planted: int, size: float
) -> NDArray[np.intp]:
    """Plant conflicts of four kinds in place and return where."""
    where = random.choice(len(raw["text_valence"]), n_planted, replace=False)
    for place, kind in zip(where, random.integers(4, size=n_planted), strict=True):
        raw["text_valence"][place] = size if kind == 1 else -size
        if kind < 2:
            raw["voice_arousal"][place] = -size
        elif kind == 2:
            raw["face_smile"][place] = raw["face_valence"][place] = size
        else:
            raw["face_arousal"][place] = -size
    return where


def ranked(
    measures: Sequence[Measure], scores: Mapping[str, Floats], follows: Mapping[str, str]
) -> tuple[NDArray[np.intp], Floats]:
    """Return segments, rarest first, and their false discovery rates."""
    found = discoveries(measures, scores, follows=follows)
    order = np.argsort(found.expected, kind="stable")
    return order, found.rate[order]


def counted(
    rates: Sequence[tuple[NDArray[np.intp], Floats]],
    truth: Sequence[NDArray[np.intp]],
    limit: float,
) -> str:
    """Return what at most five moments an interview would show under this limit."""
    shown = [order[rate <= limit][:5] for order, rate in rates]
    right = [int(np.isin(s, t).sum()) for s, t in zip(shown, truth, strict=True)]
    false = [(len(s) - r) / max(len(s), 1) for s, r in zip(shown, right, strict=True)]
    line = f"shown {np.mean([len(s) for s in shown]):.2f}, "
    line += f"any {np.mean([len(s) > 0 for s in shown]):.2f}, false {np.mean(false):.2f}"
    n_planted = sum(len(t) for t in truth)
    return line + (f", found {sum(right) / n_planted:.2f}" if n_planted else "") + ";"


if __name__ == "__main__":
    main()
