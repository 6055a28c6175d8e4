"""Settled estimates of made-up participants, drawn from formulas."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from clinic.evaluation.predictions import Predictions, joined
from clinic.evaluation.target import Target, TargetKind

SCORE = Target(
    name="depression",
    title="PHQ-8",
    kind=TargetKind.SCORE,
    classes=("none or minimal", "mild", "moderate", "moderately severe", "severe"),
    starts=(0.0, 5.0, 10.0, 15.0, 20.0),
    maximum=24.0,
    cutoff_class=2,
)
RATING = Target(
    name="ambivalence",
    title="A/H",
    kind=TargetKind.RATING,
    classes=("not shown", "shown"),
    starts=(0.0, 1.0),
    cutoff_class=1,
)
CLASSES = Target.of_classes("emotion", ["anger", "joy", "sadness"])
TARGETS = {target.kind: target for target in (SCORE, RATING, CLASSES)}


def drawn(
    kind: TargetKind | str = TargetKind.SCORE,
    *,
    n_people: int = 40,
    n_recordings: int = 1,
    n_repeats: int = 1,
    noise: float = 4.0,
    seed: int = 0,
    truth_seed: int = 99,
) -> Predictions:
    """Draw people with a truth and, per repeat, estimates that scatter about it.

    People and truth depend on ``truth_seed`` alone, so that two models can be compared.
    """
    target = TARGETS[TargetKind(kind)]
    n = n_people * n_recordings
    truth_draw = np.random.default_rng(truth_seed)
    if target.kind is TargetKind.SCORE:
        truth = truth_draw.integers(0, 25, n).astype(float)
    else:
        truth = truth_draw.integers(0, target.n_classes, n).astype(float)
    people = np.array([f"p{i // n_recordings:03d}" for i in range(n)], dtype=np.str_)
    blank = np.full(n, np.nan)
    parts = []
    for repeat in range(n_repeats):
        draw = np.random.default_rng((seed, repeat))
        if target.kind is TargetKind.SCORE:
            score = np.clip(truth + draw.normal(0, noise, n), 0, 24)
            middles = np.array([2.0, 7.0, 12.0, 17.0, 22.0])
            mass = np.exp(-0.5 * ((score[:, None] - middles) / max(noise, 1.0)) ** 2) + 1e-9
            low, high = np.clip(score - 5, 0, 24), np.clip(score + 5, 0, 24)
        else:
            score, low, high = blank, blank, blank
            known = np.eye(target.n_classes)[truth.astype(int)] * 4 / max(noise, 0.1)
            mass = np.exp(known + draw.normal(0, 1, known.shape))
        probabilities = mass / mass.sum(axis=1, keepdims=True)
        parts.append(
            Predictions(
                target=target,
                recording_ids=np.array([f"r{i:04d}" for i in range(n)], dtype=np.str_),
                participant_ids=people,
                reference=truth,
                probabilities=probabilities,
                score=score,
                low=low,
                high=high,
                plausible=probabilities >= 0.2,
                fold=np.arange(n, dtype=np.intp) // n_recordings % 5,
                repeat=np.full(n, repeat, dtype=np.intp),
            )
        )
    return joined(parts)


@pytest.fixture(scope="session")
def make_predictions() -> Callable[..., Predictions]:
    """The factory; its arguments are those of ``drawn``."""
    return drawn


@pytest.fixture(scope="session")
def sure_about() -> Callable[[np.ndarray, np.ndarray], Predictions]:
    """Yes/no predictions of people, from outcomes and probabilities."""

    def make(outcome: np.ndarray, probability: np.ndarray) -> Predictions:
        blank = drawn("rating", n_people=len(outcome))
        return replace(
            blank,
            reference=np.asarray(outcome, dtype=float),
            probabilities=np.stack([1 - probability, probability], axis=1),
        )

    return make
