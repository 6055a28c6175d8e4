"""Audit of code: does anything about the scored fold reach the fitted model?

Sealed-fold test. A procedure is run with the same training rows and different scored rows; its
estimates for fixed probe rows, copies of training rows, must not move. A scaler fitted on all
rows moves them, and so does early stopping on the scored fold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.evaluation.audit.check import AuditCheck, AuditReport, Verdict
from clinic.evaluation.audit.data import Floats, Rows

NAME = "sealed fold"
ADVICE = {
    "features": (
        "Something is fitted on the features of scored rows (scaler, imputer, selection, "
        "components): fit it on the training rows."
    ),
    "labels": (
        "Something is chosen with the labels of scored rows (early stopping, threshold, blend "
        "weight): choose it on validation participants."
    ),
    "number": "The estimate of one row depends on which other rows are scored: score each alone.",
}
#: Few, so that the probes do not outvote the scored rows that a leaky procedure looks at.
N_PROBES = 8
#: Share of the probes' spread that 32-bit arithmetic moves by itself.
TOLERANCE = 1e-4

Scored = TypeVar("Scored")


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """Rows as a procedure sees them.

    Args:
        features: Shape (n_rows, n_columns).
        labels: Shape (n_rows,).
        groups: Participant of each row.
    """

    features: Floats
    labels: Floats
    groups: NDArray[np.str_]

    def take(self, rows: Rows) -> "Samples":
        """Return some rows."""
        return Samples(
            features=self.features[rows], labels=self.labels[rows], groups=self.groups[rows]
        )

    def with_rows(self, others: "Samples") -> "Samples":
        """Return these rows, then others."""
        return Samples(
            features=np.concatenate([self.features, others.features]),
            labels=np.concatenate([self.labels, others.labels]),
            groups=np.concatenate([self.groups, others.groups]),
        )


class Procedure(Protocol):
    """Fits on one fold and estimates the other, seeded inside: the same input, the same output.

    It is handed the labels of the scored rows because leaky code asks for them; an honest
    procedure looks at ``scored.features`` alone.
    """

    def __call__(self, training: Samples, scored: Samples) -> NDArray[np.float64]:
        """Return one estimate (or one row of estimates) per scored row."""
        ...


def audit_procedure(
    procedure: Procedure,
    training: Samples,
    scored: Samples,
    *,
    subject: str,
    n_tries: int = 3,
    tolerance: float = TOLERANCE,
    seed: int = 0,
) -> AuditReport:
    """Change the scored rows and watch the estimates of the probe rows.

    Args:
        n_tries: Changes of each kind; one may leave a leaky model where it was.
        tolerance: Largest movement, as a share of the spread of the probe estimates, that is
            rounding.

    Raises:
        SetupError: Too few rows, or estimates of another shape than the scored rows.
    """
    if len(training.labels) < 2 or len(scored.labels) < 4:
        raise SetupError(
            f"{len(training.labels)} training and {len(scored.labels)} scored rows: 2 and 4 needed"
        )
    generator = np.random.default_rng(seed)
    n_probes = min(N_PROBES, len(training.labels))
    probes = training.take(np.sort(generator.permutation(len(training.labels))[:n_probes]))

    def estimate(variant: Samples) -> Floats:
        together = variant.with_rows(probes)
        found = np.asarray(procedure(training, together), dtype=np.float64)
        if len(found) != len(together.labels):
            raise SetupError(
                f"{subject} gave {len(found)} estimates for {len(together.labels)} scored rows"
            )
        return found[len(variant.labels) :]

    variants = {
        kind: [change(scored, number, generator) for number in range(n_tries)]
        for kind, change in CHANGES.items()
    }
    return sealed_fold(estimate, scored, variants, subject=subject, tolerance=tolerance)


def sealed_fold(
    estimate: Callable[[Scored], Floats],
    scored: Scored,
    variants: Mapping[str, list[Scored]],
    *,
    subject: str,
    tolerance: float = TOLERANCE,
) -> AuditReport:
    """Run the test on anything that can be scored; see ``audit_procedure``.

    Args:
        estimate: Fits, and returns the estimates of fixed probe rows beside these scored ones.
        variants: Changed scored rows by kind: ``features``, ``labels`` or ``number``.
    """
    first = estimate(scored)
    repeat = estimate(scored)
    spread = float(np.nanstd(first))
    scale = spread if spread > 0 else 1.0
    own = _moved(first, repeat) / scale
    checks = tuple(
        _check(
            subject, kind, max(_moved(first, estimate(v)) for v in changed) / scale, own, tolerance
        )
        for kind, changed in variants.items()
    )
    return AuditReport(subject=subject, checks=checks, sizes={"probe rows": len(first)})


def _check(subject: str, kind: str, moved: float, own: float, tolerance: float) -> AuditCheck:
    name = f"{NAME}: {kind} ({subject})"
    unit = "largest movement of a probe estimate over their spread"
    if own > tolerance:
        return AuditCheck(
            name=name,
            verdict=Verdict.NOT_POSSIBLE,
            statistic=own,
            unit=unit,
            sentence=(
                f"Not checked: two runs with the same input differ by {own:.2g} of the spread."
            ),
            advice="Fix every seed inside the procedure, then check again.",
        )
    fails = moved > tolerance
    return AuditCheck(
        name=name,
        verdict=Verdict.FAIL if fails else Verdict.PASS,
        statistic=moved,
        unit=unit,
        chance=0.0,
        sentence=(
            f"Changing the {WORDS[kind]} of the scored fold moves estimates of training rows by "
            f"up to {moved:.2g} of their spread."
            if fails
            else f"Changing the {WORDS[kind]} of the scored fold moves nothing."
        ),
        advice=ADVICE[kind] if fails else "",
    )


def _moved(one: Floats, other: Floats) -> float:
    assert one.shape == other.shape, "estimates changed shape"
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    gap = np.where(same, 0.0, np.abs(one - other))
    return float(np.where(np.isnan(gap), np.inf, gap).max(initial=0.0))


def _other_features(scored: Samples, _number: int, generator: np.random.Generator) -> Samples:
    """Stretch, shift and shuffle every column; gaps move with their values."""
    order = generator.permutation(len(scored.labels))
    stretch = np.exp(generator.normal(1.5, 0.5, scored.features.shape[1]))
    spread = np.nanstd(scored.features, axis=0) + 1.0
    shift = generator.normal(0, 3, scored.features.shape[1]) * spread
    return Samples(
        features=scored.features[order] * stretch + shift,
        labels=scored.labels,
        groups=scored.groups,
    )


def _other_labels(scored: Samples, number: int, generator: np.random.Generator) -> Samples:
    """Turn high into low in the first try, then exchange labels among rows."""
    low, high = np.nanmin(scored.labels), np.nanmax(scored.labels)
    turned = low + high - scored.labels
    labels = turned if number == 0 else generator.permutation(scored.labels)
    return Samples(features=scored.features, labels=labels, groups=scored.groups)


def _fewer(scored: Samples, _number: int, generator: np.random.Generator) -> Samples:
    """Leave out half of the rows."""
    n = len(scored.labels)
    return scored.take(np.sort(generator.permutation(n)[: n // 2]))


CHANGES: Mapping[str, Callable[[Samples, int, np.random.Generator], Samples]] = {
    "features": _other_features,
    "labels": _other_labels,
    "number": _fewer,
}
WORDS = {"features": "features", "labels": "labels", "number": "number of rows"}
