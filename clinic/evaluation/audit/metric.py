"""Audit of a metric: does it notice errors on every class, and is chance what it should be?"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.evaluation.audit.chance import above_chance
from clinic.evaluation.audit.check import AuditCheck, AuditReport, Verdict, not_possible
from clinic.evaluation.audit.data import LabelKind, Rows

#: Takes true classes and estimated classes (indices), each shape (n,); returns a score.
ClassMetric = Callable[[Rows, Rows], float]

N_PER_CLASS = 24
N_SHUFFLES = 400
#: 1e-9: two sums in another order differ by less.
ROUNDING = 1e-9
ADVICE = "Correct the metric, or take the library's; every number made with it is void."


def audit_metric(
    metric: ClassMetric,
    n_classes: int,
    *,
    subject: str,
    ordered: bool = False,
    higher_is_better: bool = True,
    chance: float | None = None,
    alpha: float = 1e-3,
    seed: int = 0,
) -> AuditReport:
    """Try a metric on labels that hold every class equally often.

    Four checks: errors on each class cost something; naming the classes otherwise changes
    nothing; one class for everybody scores no better than chance, and no class better than
    another; shuffled estimates and permuted labels score chance.

    Args:
        ordered: Whether classes stand in rising order. Then only the turned order is another
            name for the same thing, and a constant answer may depend on which class it is.
        chance: Score of estimates that know nothing, where classes are equally frequent: 1/k
            for (balanced) accuracy, 0 for a kappa. None: that part is not possible.

    Raises:
        SetupError: Fewer than two classes.
    """
    if n_classes < 2:
        raise SetupError(f"{n_classes} classes, 2 needed")
    sign = 1.0 if higher_is_better else -1.0

    def quality(truth: Rows, estimate: Rows) -> float:
        return sign * float(metric(truth, estimate))

    goal = None if chance is None else sign * chance
    generator = np.random.default_rng(seed)
    truth = np.repeat(np.arange(n_classes, dtype=np.intp), N_PER_CLASS)
    checks = (
        _errors_cost(quality, truth, n_classes, subject),
        _names_do_not_matter(quality, truth, n_classes, subject, ordered, generator),
        _constant(quality, truth, n_classes, subject, ordered, goal, sign),
        _shuffled(quality, truth, subject, goal, sign, alpha, generator),
    )
    return AuditReport(subject=subject, checks=checks, sizes={"classes": n_classes})


def _errors_cost(quality: ClassMetric, truth: Rows, k: int, subject: str) -> AuditCheck:
    """Misjudge one class at a time, then wrongly name one class at a time."""
    perfect = quality(truth, truth)
    costs: dict[str, float] = {}
    for one in range(k):
        other = one + 1 if one + 1 < k else one - 1
        missed = np.where(truth == one, other, truth).astype(np.intp)
        named = np.where(truth == other, one, truth).astype(np.intp)
        costs[f"class {one} missed"] = perfect - quality(truth, missed)
        costs[f"class {one} named wrongly"] = perfect - quality(truth, named)
    free = [what for what, cost in costs.items() if not cost > ROUNDING]
    return _check(
        f"every error costs ({subject})",
        fails=bool(free),
        statistic=min(costs.values()),
        unit="smallest loss by misjudging a class",
        found=f"No loss when {', '.join(free)}: the metric counts that class as right.",
        clean=f"Misjudging any of {k} classes lowers the score.",
        details=tuple(costs.items()),
    )


def _names_do_not_matter(
    quality: ClassMetric,
    truth: Rows,
    k: int,
    subject: str,
    ordered: bool,
    generator: np.random.Generator,
) -> AuditCheck:
    """Rename classes in truth and estimates alike."""
    names = (
        [np.arange(k)[::-1]] if ordered else [np.roll(np.arange(k), shift) for shift in range(1, k)]
    )
    gaps = []
    for _ in range(20):
        # Half right: where a metric favours a class, neither all nor none right would show it.
        estimate = np.where(
            generator.uniform(size=len(truth)) < 0.5, truth, generator.integers(k, size=len(truth))
        ).astype(np.intp)
        kept = generator.permutation(len(truth))[: len(truth) * 2 // 3]
        before = quality(truth[kept], estimate[kept])
        gaps += [abs(before - quality(name[truth][kept], name[estimate][kept])) for name in names]
    gap = max(gaps)
    what = "turning the order round" if ordered else "naming the classes otherwise"
    return _check(
        f"classes count alike ({subject})",
        fails=not gap <= ROUNDING,
        statistic=gap,
        unit=f"largest change of the score by {what}",
        found=f"The score changes by up to {gap:.3g} by {what}: one class counts for more.",
        clean=f"The score does not change by {what}.",
    )


def _constant(
    quality: ClassMetric,
    truth: Rows,
    k: int,
    subject: str,
    ordered: bool,
    goal: float | None,
    sign: float,
) -> AuditCheck:
    """Answer the same class for everybody."""
    values = np.array([quality(truth, np.full_like(truth, one)) for one in range(k)])
    details = tuple((f"always class {i}", float(sign * value)) for i, value in enumerate(values))
    uneven = not ordered and not np.ptp(values) <= ROUNDING
    # An ordered metric rewards the middle a little, so only its order must be symmetric.
    crooked = ordered and not np.abs(values - values[::-1]).max() <= ROUNDING
    high = goal is not None and not ordered and not values.max() <= goal + ROUNDING
    best = int(np.argmax(values))
    shown = float(sign * values[best])
    return _check(
        f"one answer for everybody ({subject})",
        fails=bool(uneven or crooked or high),
        statistic=shown,
        unit="best score of a constant answer",
        chance=None if goal is None else sign * goal,
        found=(
            f"Always answering class {best} scores {shown:.3g}, other classes "
            f"{min(sign * values):.3g} to {max(sign * values):.3g}: that class is favoured, or "
            "a constant answer beats chance."
        ),
        clean=f"Answering one class for everybody gains nothing ({shown:.3g}).",
        details=details,
    )


def _shuffled(
    quality: ClassMetric,
    truth: Rows,
    subject: str,
    goal: float | None,
    sign: float,
    alpha: float,
    generator: np.random.Generator,
) -> AuditCheck:
    """Shuffle estimates against labels; permuting the labels instead is the same experiment."""
    name = f"shuffled estimates ({subject})"
    if goal is None:
        return not_possible(name, "the metric's chance value was not given (chance)")
    found: list[float] = []
    for number in range(N_SHUFFLES):
        order = generator.permutation(len(truth))
        one, other = (truth, truth[order]) if number % 2 else (truth[order], truth)
        found.append(quality(one, other))
    # Either side counts: a score below chance is as wrong as one above.
    centred: NDArray[np.float64] = np.array(found) - goal
    sides = [above_chance(LabelKind.ORDERED, side * centred) for side in (1.0, -1.0)]
    p_value = 2 * min(side.p_value for side in sides)
    low, high = sides[0].interval
    ends = sorted((sign * (goal + low), sign * (goal + high)))
    mean = sign * (goal + sides[0].mean)
    return _check(
        name,
        fails=p_value < alpha,
        statistic=mean,
        unit=f"mean score over {N_SHUFFLES} shuffles",
        chance=sign * goal,
        interval=(ends[0], ends[1]),
        found=f"Shuffled estimates score {mean:.3g}, chance is {sign * goal:.3g}.",
        clean=f"Shuffled estimates score {mean:.3g}, chance is {sign * goal:.3g}.",
    )


def metric_table(
    metrics: Sequence[tuple[str, ClassMetric, float | None, bool]], n_classes: int
) -> tuple[AuditReport, ...]:
    """Audit several metrics: name, metric, chance, and whether classes are ordered."""
    return tuple(
        audit_metric(metric, n_classes, subject=name, chance=chance, ordered=ordered)
        for name, metric, chance, ordered in metrics
    )


def _check(
    name: str,
    *,
    fails: bool,
    statistic: float,
    unit: str,
    found: str,
    clean: str,
    chance: float | None = None,
    interval: tuple[float, float] | None = None,
    details: tuple[tuple[str, float], ...] = (),
) -> AuditCheck:
    return AuditCheck(
        name=name,
        verdict=Verdict.FAIL if fails else Verdict.PASS,
        statistic=statistic,
        unit=unit,
        chance=chance,
        interval=interval,
        sentence=found if fails else clean,
        advice=ADVICE if fails else "",
        details=details,
    )
