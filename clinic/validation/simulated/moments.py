"""Moments shown to the reader: how many are planted, how many false, and what they claimed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.bootstrap import bootstrap_interval
from clinic.validation.pages.text import number, with_interval
from clinic.validation.simulated.cohort import Interview
from clinic.validation.study import Finding, Table
from clinic.validation.study_figures import Curve
from clinic.validation.study_intervals import weighted_interval, weighted_mean

Floats = NDArray[np.float64]

NAN = float("nan")

#: What the finding on stated rates is called.
CLAIMED = "claimed false discovery rate of the moments shown (mean)"


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """All moments shown, and per interview what was there.

    Args:
        participants: Whose each moment is.
        claimed: False discovery rate that each moment claims.
        is_planted: Whether it overlaps something planted.
        interviews: Participant of each interview.
        n_shown, n_planted, n_found: Shape (n_interviews,), moments, conflicts, conflicts found.
    """

    participants: tuple[str, ...]
    claimed: Floats
    is_planted: NDArray[np.bool_]
    interviews: tuple[str, ...]
    n_shown: Floats
    n_planted: Floats
    n_found: Floats

    @classmethod
    def of(cls, interviews: Sequence[Interview]) -> "Moments":
        """Collect."""
        pairs = [(i, moment) for i in interviews for moment in i.signals.evidence]
        return cls(
            participants=tuple(i.participant_id for i, _ in pairs),
            claimed=np.array([m.false_discovery_rate for _, m in pairs], dtype=np.float64),
            is_planted=np.array([i.is_planted(m) for i, m in pairs], dtype=bool),
            interviews=tuple(i.participant_id for i in interviews),
            n_shown=np.array([len(i.signals.evidence) for i in interviews], dtype=np.float64),
            n_planted=np.array([len(i.planted) for i in interviews], dtype=np.float64),
            n_found=np.array([i.found() for i in interviews], dtype=np.float64),
        )


def moment_findings(
    moments: Moments, *, planted_share: float, n_draws: int, seed: int
) -> tuple[Finding, ...]:
    """Return precision, recall, false alarms where nothing is planted, claim against truth.

    Args:
        planted_share: Share of all answers with a planted conflict: what moments shown at
            random would come to.
    """
    nothing = np.flatnonzero(moments.n_planted == 0)

    def finding(
        what: str, ids: Sequence[str], statistic: Callable[[NDArray[np.intp]], float], *,
        n: int, of: str, reference: float | None = None, source: str = "", note: str = "",
    ) -> Finding:  # fmt: skip
        value = statistic(np.arange(len(ids))) if len(ids) else NAN
        low, high = (
            bootstrap_interval(ids, statistic, n_draws=n_draws, seed=seed)
            if len(ids)
            else (NAN, NAN)
        )
        return Finding(
            what=what, value=value, low=low, high=high, n=n, of=of, reference=reference,
            reference_source=source, note=note,
        )  # fmt: skip

    n_moments, n_interviews = len(moments.participants), len(moments.interviews)
    true_share = ~moments.is_planted
    return (
        finding(
            "moments shown that lie on a planted conflict (share)",
            moments.participants,
            lambda rows: float(moments.is_planted[rows].mean()),
            n=n_moments, of="moments, participants drawn",
            reference=planted_share,
            source="share of all answers that are planted",
        ),
        finding(
            "planted conflicts on which a moment is shown (share)",
            moments.interviews,
            lambda rows: _ratio(moments.n_found[rows].sum(), moments.n_planted[rows].sum()),
            n=int(moments.n_planted.sum()), of="planted conflicts, participants drawn",
        ),
        finding(
            "moments shown in an interview without a planted conflict (mean)",
            [moments.interviews[i] for i in nothing],
            lambda rows: float(moments.n_shown[nothing][rows].mean()),
            n=len(nothing), of="interviews, participants drawn",
            note=f"{n_interviews} interviews in all; every one of these moments is a false alarm",
        ),
        finding(
            CLAIMED,
            moments.participants,
            lambda rows: float(moments.claimed[rows].mean()),
            n=n_moments, of="moments, participants drawn",
            reference=float(true_share.mean()) if n_moments else None,
            source="true share without a planted conflict",
        ),
        finding(
            "claimed false discovery rate minus the true share (mean gap)",
            moments.participants,
            lambda rows: float((moments.claimed[rows] - true_share[rows]).mean()),
            n=n_moments, of="moments, participants drawn", reference=0.0, source="calibrated",
            note="below 0: the claim is too good; what nobody planted but really disagrees counts "
            "as false",
        ),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ClaimBin:
    """Moments that claim about the same rate."""

    low_edge: float
    high_edge: float
    claimed: float
    true_share: float
    low: float
    high: float
    n: int


def claim_bins(
    moments: Moments, edges: Sequence[float], *, n_draws: int, seed: int
) -> tuple[ClaimBin, ...]:
    """Return the true share of false moments by claimed rate; bins [a, b), the last closed."""
    bins = []
    for place, (start, end) in enumerate(pairwise(edges)):
        is_last = place == len(edges) - 2
        inside = (moments.claimed >= start) & (
            moments.claimed <= end if is_last else moments.claimed < end
        )
        rows = np.flatnonzero(inside)
        if not len(rows):
            continue
        false = (~moments.is_planted[rows]).astype(np.float64)
        share, low, high = weighted_interval(
            [moments.participants[row] for row in rows],
            weighted_mean(false),
            n_draws=n_draws,
            seed=seed,
        )
        bins.append(
            ClaimBin(
                low_edge=start, high_edge=end, claimed=float(moments.claimed[rows].mean()),
                true_share=share, low=low, high=high, n=len(rows),
            )
        )  # fmt: skip
    return tuple(bins)


def claims_table(bins: Sequence[ClaimBin]) -> Table:
    """Return the bins as a table."""
    return Table(
        title="Claimed against true share of false moments",
        columns=("claimed", "claimed, mean", "true share", "moments"),
        rows=tuple(
            (
                f"{b.low_edge:g} to {b.high_edge:g}",
                number(b.claimed),
                with_interval(b.true_share, b.low, b.high),
                str(b.n),
            )
            for b in bins
        ),
        note="False: no planted conflict overlaps the moment.",
    )


def claims_curve(bins: Sequence[ClaimBin]) -> Curve:
    """Return the bins as a line."""
    return Curve(
        x=np.array([b.claimed for b in bins]),
        y=np.array([b.true_share for b in bins]),
        low=np.array([b.low for b in bins]),
        high=np.array([b.high for b in bins]),
    )


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else NAN
