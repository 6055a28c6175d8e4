"""Metrics that sort or fit, for many draws at once; draws are counts of rows (n_draws, n_rows)."""

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.calibration_metrics import log_odds, of_equal_mass

Floats = NDArray[np.float64]
Answers = NDArray[np.bool_]

#: Newton steps of a calibration line. Six suffice for most draws; separated answers, which have
#: no finite line, stop at a large one.
MOST_STEPS = 40
#: A step shorter than this ends the search.
LEAST_STEP = 1e-8


def areas_under_roc(reference: Answers, probability: Floats, counts: Floats) -> Floats:
    """Return the area under the ROC curve of each draw; NaN where only one answer occurs."""
    yes, no = _by_value(reference, probability, counts)
    below = np.cumsum(no, axis=1) - no / 2
    pairs = yes.sum(axis=1) * no.sum(axis=1)
    return _ratio((yes * below).sum(axis=1), pairs)


def areas_within_folds(
    reference: Answers, probability: Floats, fold: NDArray[np.intp], counts: Floats
) -> Floats:
    """Return the area under the ROC curve over pairs of people whom the same fit scored.

    Each fold counts with its pairs. Probabilities of different fits are not on one scale: an
    area over all pairs puts a model that knows nothing below one half, because a fold with more
    positives leaves fewer to the fit that scores it.

    Source: Forman & Scholz (2010), doi:10.1145/1882471.1882479, section 2.
    """
    total, all_pairs = np.zeros(len(counts)), np.zeros(len(counts))
    for number in np.unique(fold):
        rows = fold == number
        yes = counts[:, rows] @ reference[rows].astype(float)
        pairs = yes * (counts[:, rows].sum(axis=1) - yes)
        area = areas_under_roc(reference[rows], probability[rows], counts[:, rows])
        total += np.where(pairs > 0, np.nan_to_num(area) * pairs, 0.0)
        all_pairs += pairs
    return _ratio(total, all_pairs)


def average_precisions(reference: Answers, probability: Floats, counts: Floats) -> Floats:
    """Return the average precision of each draw; NaN without positives."""
    yes, no = _by_value(reference, probability, counts)
    hits = np.cumsum(yes[:, ::-1], axis=1)
    called = hits + np.cumsum(no[:, ::-1], axis=1)
    precision = np.nan_to_num(_ratio(hits, called))
    return _ratio((yes[:, ::-1] * precision).sum(axis=1), yes.sum(axis=1))


def calibration_errors(reference: Answers, probability: Floats, counts: Floats) -> Floats:
    """Return the calibration error over bins of equal mass of each draw."""
    values = np.unique(probability)
    yes, no = _by_value(reference, probability, counts)
    errors = np.full(len(counts), np.nan)
    for draw, (came, rows) in enumerate(zip(yes, yes + no, strict=True)):
        if rows.any():
            errors[draw] = of_equal_mass(values, rows, came, None).error
    return errors


def calibration_lines(
    reference: Answers, probability: Floats, counts: Floats
) -> tuple[Floats, Floats]:
    """Return slope and intercept of each draw, by Newton's method on all draws together.

    NaN where only one answer or only one probability occurs; a large slope where the answers
    are separated.
    """
    x, y = log_odds(probability), reference.astype(float)
    lines = np.tile([1.0, 0.0], (len(counts), 1))
    losses, shorten = _losses(lines, x, y, counts), np.ones(len(counts))
    left = np.arange(len(counts))
    for _ in range(MOST_STEPS):
        steps = shorten[left, None] * _newton_steps(lines[left], x, y, counts[left])
        moving = np.max(np.abs(steps), axis=1) >= LEAST_STEP
        left, steps = left[moving], steps[moving]
        if not len(left):
            break
        tried = _losses(lines[left] + steps, x, y, counts[left])
        # Far from the answer a full step can overshoot: such draws try half of it next.
        better = tried <= losses[left]
        lines[left] += np.where(better[:, None], steps, 0.0)
        losses[left] = np.where(better, tried, losses[left])
        shorten[left] = np.where(better, 1.0, shorten[left] / 2)
    drawn = counts > 0
    one_answer = ~(drawn & reference).any(axis=1) | ~(drawn & ~reference).any(axis=1)
    highest = np.max(np.where(drawn, x, -np.inf), axis=1)
    one_value = highest == np.min(np.where(drawn, x, np.inf), axis=1)
    undefined = one_answer | one_value
    slopes, intercepts = np.where(undefined[:, None], np.nan, lines).T
    return slopes, intercepts


def _losses(lines: Floats, x: Floats, y: Floats, counts: Floats) -> Floats:
    """Cross-entropy of each draw, lines of shape (n_draws, 2) as slope and intercept."""
    fitted = lines[:, :1] * x + lines[:, 1:]
    return np.asarray(np.sum(counts * (np.logaddexp(0, fitted) - y * fitted), axis=1))


def _newton_steps(lines: Floats, x: Floats, y: Floats, counts: Floats) -> Floats:
    """Full steps towards the least cross-entropy; none where a draw determines no step."""
    fitted = 1 / (1 + np.exp(-np.clip(lines[:, :1] * x + lines[:, 1:], -500, 500)))
    weight, gap = counts * fitted * (1 - fitted), counts * (y - fitted)
    a, b, c = weight @ (x * x), weight @ x, weight.sum(axis=1)
    pull, lift = gap @ x, gap.sum(axis=1)
    determinant = a * c - b * b
    usable = determinant > 1e-12 * a * c
    safe = np.where(usable, determinant, 1.0)
    steps = np.stack([c * pull - b * lift, a * lift - b * pull], axis=1) / safe[:, None]
    return np.where(usable[:, None], steps, 0.0)


def _by_value(reference: Answers, probability: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Count yes and no per distinct probability, in rising order; shape (n_draws, n_values)."""
    order = np.argsort(probability, kind="stable")
    ordered = probability[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sorted_counts, answers = counts[:, order], reference[order]
    yes = np.add.reduceat(sorted_counts * answers, starts, axis=1)
    no = np.add.reduceat(sorted_counts * ~answers, starts, axis=1)
    return yes, no


def _ratio(part: Floats, whole: Floats) -> Floats:
    empty = whole == 0
    return np.asarray(np.where(empty, np.nan, part / np.where(empty, 1.0, whole)))
