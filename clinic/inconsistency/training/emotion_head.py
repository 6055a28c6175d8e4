"""The head of emotions: layers, thresholds and temperature, all chosen on dev."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.readers.emotions import EMOTIONS
from clinic.inconsistency.readers.text_emotions import six_emotions
from clinic.inconsistency.training.agreement import label_f1, macro_f1
from clinic.inconsistency.training.fitted import Candidate, Fitted, Split, best_of
from clinic.inconsistency.training.goemotions import taxonomy_columns
from clinic.inconsistency.training.network import NetworkSettings, fit_network

Floats = NDArray[np.float64]

NETWORKS = (
    NetworkSettings(hidden=0, dropout=0.1, weight_decay=0.01),
    NetworkSettings(hidden=128, dropout=0.3, weight_decay=0.01),
    NetworkSettings(hidden=256, dropout=0.3, weight_decay=0.01),
    NetworkSettings(hidden=256, dropout=0.5, weight_decay=0.01),
)

#: Thresholds tried: a rare emotion is hardly ever given even odds.
THRESHOLDS = np.round(np.arange(0.02, 0.81, 0.01), 2)
TEMPERATURES = np.round(np.geomspace(0.25, 4.0, 33), 3)


def fit_emotions(
    split: Split,
    *,
    columns: tuple[str, ...],
    outputs: tuple[str, ...],
    card: Mapping[str, object],
    networks: Sequence[NetworkSettings] = NETWORKS,
) -> Fitted:
    """Fit every candidate on train and keep the one with the highest macro-F1 on dev.

    Macro-F1 is averaged over the three taxonomies. The head's card gets ``thresholds``, one a
    label, and ``temperature`` for the distribution over six emotions.
    """
    candidates = []
    for settings in networks:
        head = fit_network(
            split.inputs,
            split.targets,
            (split.dev_inputs, split.dev_targets),
            names=(columns, outputs),
            link="sigmoid",
            settings=settings,
            card=card,
        )
        answers = head.predict(split.dev_inputs)
        marks = (answers >= best_thresholds(answers, split.dev_targets)).astype(np.float64)
        scores = [
            macro_f1(marks[:, where], split.dev_targets[:, where])
            for where in taxonomy_columns(outputs).values()
        ]
        score = float(np.mean(scores))
        candidates.append(Candidate(label=settings.label, head=head, score=score))
    fitted = best_of(candidates)
    answers = fitted.head.predict(split.dev_inputs)
    chosen = {
        "thresholds": best_thresholds(answers, split.dev_targets).tolist(),
        "temperature": best_temperature(answers, split.dev_targets, outputs),
    }
    return replace(fitted, head=replace(fitted.head, card={**fitted.head.card, **chosen}))


def best_thresholds(answers: Floats, marks: Floats) -> Floats:
    """Return the threshold of each label with the highest F1; the lowest of equals.

    Args:
        answers, marks: Shape (n, n_labels) of the development split.
    """
    found = np.stack([label_f1((answers >= t).astype(np.float64), marks) for t in THRESHOLDS])
    return np.asarray(THRESHOLDS[found.argmax(axis=0)])


def label_shares(marks: Floats, outputs: Sequence[str]) -> Floats:
    """Return how the marks of each text fall on the six emotions; NaN where none of them does."""
    columns = [list(outputs).index(f"ekman_{emotion}") for emotion in EMOTIONS]
    counts = marks[:, columns]
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.where(total > 0, total, 1.0), np.nan)


def best_temperature(answers: Floats, marks: Floats, outputs: Sequence[str]) -> float:
    """Return the temperature with the lowest cross-entropy between readings and label shares."""
    shares = label_shares(marks, outputs)
    known = np.isfinite(shares).all(axis=1)

    def surprise(temperature: float) -> float:
        six = six_emotions(answers[known], outputs, temperature=temperature, least_mass=0.0)
        return float(-np.mean(np.sum(shares[known] * np.log(np.maximum(six, 1e-12)), axis=1)))

    return float(min(TEMPERATURES, key=surprise))
