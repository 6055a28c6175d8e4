"""How many of the moments would also appear by chance: the estimated false discovery rate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.measures import Measure
from clinic.inconsistency.moments.chance import shares_of
from clinic.inconsistency.moments.shuffling import shuffled

Floats = NDArray[np.float64]

#: Segments of shuffled interviews that are drawn, whatever the length of the interview.
N_SHUFFLED = 20_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Discoveries:
    """What stands out in an interview, and what would by chance.

    Args:
        measures: Those that bring moments.
        values: Shape (n_measures, n_segments).
        shares: Shape (n_measures, n_segments): share of pairings at least as strong.
        best: Shape (n_segments,): the measure under which the segment is rarest.
        expected: Shape (n_segments,): segments as rare in an interview with shuffled pairing;
            infinite where nothing is notable.
        rate: Shape (n_segments,): expected share of chance among the segments at least as rare.
    """

    measures: tuple[Measure, ...]
    values: Floats
    shares: Floats
    best: NDArray[np.intp]
    expected: Floats
    rate: Floats

    @property
    def rarity_bits(self) -> Floats:
        """-log2 of the share of shuffled segments at least as rare, by which moments are ranked.

        Shape (n_segments,): 0 where nothing is notable, NaN where nothing was compared.
        """
        share = np.minimum(self.expected / len(self.expected), 1.0)
        is_compared = np.isfinite(self.shares).any(axis=0)
        # + 0.0: a share of 1 is 0 bits, not -0.
        return np.where(is_compared, -np.log2(share) + 0.0, np.nan)


def discoveries(
    measures: Sequence[Measure], scores: Mapping[str, Floats], *, follows: Mapping[str, str]
) -> Discoveries:
    """Rank the segments of an interview by their rarest notable disagreement.

    A segment's rarity is the least chance share over the measures by which it is notable, and
    its null is that least share in shuffled interviews: correlated measures are not paid
    for twice, nor is the choice among them free.

    Args:
        follows: Which reading follows which, see ``shuffled``; empty for a null in which the
            modalities have nothing to do with each other.

    Source:
        Minimum of p values with its permutation null: Westfall & Young (1993), Resampling-Based
        Multiple Testing. Expected number by chance among those as rare: Storey & Tibshirani
        (2003), doi:10.1073/pnas.1530509100, with the share of true nulls taken as 1.
    """
    n_rows = len(next(iter(scores.values())))
    n_shuffles = -(-N_SHUFFLED // max(n_rows, 1))
    mixed = shuffled(scores, n_shuffles, follows=follows)
    observed, shares, rarity, null = [], [], [], []
    for measure in measures:
        values, by_chance = measure.values(scores), measure.values(mixed)
        both = shares_of(measure, scores, np.concatenate([values, by_chance.ravel()]))
        observed.append(values)
        shares.append(both[:n_rows])
        rarity.append(_notable_only(measure, values, both[:n_rows]))
        null.append(_notable_only(measure, by_chance.ravel(), both[n_rows:]))
    least = np.stack(rarity)
    found = least.min(axis=0)
    ascending = np.sort(np.stack(null).min(axis=0))
    # One more: no number of shuffles shows that chance never brings it about.
    n_as_rare = np.searchsorted(ascending, found, side="right") + 1
    expected = np.where(np.isfinite(found), n_as_rare / n_shuffles, np.inf)
    return Discoveries(
        measures=tuple(measures),
        values=np.stack(observed),
        shares=np.stack(shares),
        best=least.argmin(axis=0),
        expected=expected,
        rate=false_discovery_rates(expected),
    )


def false_discovery_rates(expected: Floats) -> Floats:
    """Return, for each segment, the share of chance among those at least as rare.

    Args:
        expected: Shape (n_segments,), segments at least as rare that chance would bring about.

    Returns:
        Within [0, 1], never falling as segments become more common.

    Example:
        >>> false_discovery_rates(np.array([0.1, 0.8, 0.5, np.inf])).round(3).tolist()
        [0.1, 0.267, 0.25, 1.0]
    """
    order = np.argsort(expected, kind="stable")
    n_as_rare = np.searchsorted(expected[order], expected[order], side="right")
    rates = expected[order] / n_as_rare
    monotone = np.minimum.accumulate(rates[::-1])[::-1]
    answer = np.empty(len(expected))
    answer[order] = np.minimum(monotone, 1.0)
    return answer


def _notable_only(measure: Measure, values: Floats, shares: Floats) -> Floats:
    if measure.notable is None:
        raise AssertionError(f"{measure.name} shows no moments")
    # A comparison with NaN is false: what was not observed is never shown.
    return np.where(values >= measure.notable, shares, np.inf)
