"""Scores of utterances, and stretches, against moments that somebody marked as A/H."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.bootstrap import bootstrap_interval
from clinic.evaluation.weighted_curves import areas_under_roc
from clinic.validation.study import Finding
from clinic.validation.study_intervals import weighted_interval

Floats = NDArray[np.float64]
Answers = NDArray[np.bool_]

#: A stretch of time, start and end in seconds.
Span = tuple[float, float]


def score_findings(
    scores: Mapping[str, Floats],
    is_shown: Answers,
    participants: Sequence[str],
    *,
    n_draws: int,
    seed: int,
) -> tuple[Finding, ...]:
    """Return area under the ROC curve and average precision of each score.

    Args:
        scores: By name, shape (n_utterances,); utterances with NaN are left out and counted.
        is_shown: Whether the utterance was marked.
        participants: Whose each utterance is; drawn again for the interval.
    """
    findings = []
    for name, score in scores.items():
        seen = np.isfinite(score)
        ids = [p for p, is_seen in zip(participants, seen, strict=True) if is_seen]
        positive, signal = is_shown[seen], score[seen]
        note = f"read in {int(seen.sum())} of {len(seen)} utterances, {int(positive.sum())} marked"
        measures: tuple[tuple[str, Callable[[Floats], Floats], float, str], ...] = (
            ("AUROC", _area(positive, signal), 0.5, "chance"),
            (
                "average precision",
                _average_precision(positive, signal),
                float(positive.mean()) if len(positive) else float("nan"),
                "share marked",
            ),
        )
        for measure, statistic, reference, source in measures:
            value, low, high = (
                weighted_interval(ids, statistic, n_draws=n_draws, seed=seed)
                if 0 < positive.sum() < len(positive)
                else (np.nan, np.nan, np.nan)
            )
            findings.append(
                Finding(
                    what=f"{name}, marked utterances: {measure}", value=value, low=low, high=high,
                    n=len(ids), of="utterances, participants drawn", reference=reference,
                    reference_source=source, note=note,
                )
            )  # fmt: skip
    return tuple(findings)


def stretch_findings(
    kind: str,
    stretches: Sequence[Sequence[Span]],
    marked: Sequence[Sequence[Span]],
    spoken: Sequence[Sequence[Span]],
    participants: Sequence[str],
    *,
    n_draws: int,
    seed: int,
) -> tuple[Finding, ...]:
    """Return how well stretches of time lie on marked ones.

    Args:
        kind: Of the stretches, for the words of the finding.
        stretches, marked: One list of spans a recording.
        spoken: The participant's utterances, of which a stretch at random would be one.
        participants: One a recording; drawn again for the interval.
    """
    hits, n_stretches, found, n_marked, shared_s, joined_s, by_chance, n_spoken = (
        np.array(column, dtype=np.float64)
        for column in zip(
            *(
                (
                    sum(overlaps(span, there) for span in here),
                    len(here),
                    sum(overlaps(span, here) for span in there),
                    len(there),
                    shared(here, there),
                    length(here) + length(there) - shared(here, there),
                    sum(overlaps(span, there) for span in said),
                    len(said),
                )
                for here, there, said in zip(stretches, marked, spoken, strict=True)
            ),
            strict=True,
        )
    )
    chance = _ratio(by_chance.sum(), n_spoken.sum())
    rows = (
        ("stretches that overlap a marked moment (share)", hits, n_stretches, chance,
         "share of all utterances"),
        ("marked moments that a stretch overlaps (share)", found, n_marked, None, ""),
        ("time of stretches against marked time (intersection over union)", shared_s, joined_s,
         None, ""),
    )  # fmt: skip
    findings = []
    for what, part, whole, reference, source in rows:
        low, high = bootstrap_interval(
            participants,
            _share(part, whole),
            n_draws=n_draws,
            seed=seed,
        )
        findings.append(
            Finding(
                what=f"{kind}: {what}", value=_ratio(part.sum(), whole.sum()), low=low, high=high,
                n=len(participants), of="recordings, participants drawn", reference=reference,
                reference_source=source,
                note=f"{int(n_stretches.sum())} stretches, {int(n_marked.sum())} marked moments",
            )
        )  # fmt: skip
    return tuple(findings)


def overlaps(span: Span, others: Sequence[Span]) -> bool:
    """Return whether a span shares time with any of the others."""
    return any(start < span[1] and span[0] < end for start, end in others)


def merged(spans: Sequence[Span]) -> list[Span]:
    """Return the same time as spans in order that do not overlap.

    Example:
        >>> merged([(3.0, 5.0), (0.0, 1.0), (4.0, 6.0)])
        [(0.0, 1.0), (3.0, 6.0)]
    """
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def length(spans: Sequence[Span]) -> float:
    """Return the seconds that are covered, none twice."""
    return float(sum(end - start for start, end in merged(spans)))


def shared(first: Sequence[Span], second: Sequence[Span]) -> float:
    """Return the seconds that both cover."""
    return float(
        sum(max(0.0, min(b, d) - max(a, c)) for a, b in merged(first) for c, d in merged(second))
    )


def _area(positive: Answers, signal: Floats) -> Callable[[Floats], Floats]:
    return lambda weights: areas_under_roc(positive, signal, weights)


def _average_precision(positive: Answers, signal: Floats) -> Callable[[Floats], Floats]:
    """Return the statistic "sum over thresholds of recall gained times precision"."""
    order = np.argsort(-signal, kind="stable")
    # Equal scores are one threshold: only the last row of each run counts.
    ends = np.flatnonzero(np.append(np.diff(signal[order]) != 0, True))

    def statistic(weights: Floats) -> Floats:
        drawn = weights[:, order]
        hits = np.cumsum(drawn * positive[order], axis=1)[:, ends]
        taken = np.cumsum(drawn, axis=1)[:, ends]
        total = hits[:, -1:]
        precision = hits / np.where(taken > 0, taken, 1.0)
        gained = np.diff(hits, axis=1, prepend=0.0)
        area = (precision * gained).sum(axis=1)
        return np.asarray(area / np.where(total[:, 0] > 0, total[:, 0], np.nan))

    return statistic


def _share(part: Floats, whole: Floats) -> Callable[[NDArray[np.intp]], float]:
    return lambda rows: _ratio(part[rows].sum(), whole[rows].sum())


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
