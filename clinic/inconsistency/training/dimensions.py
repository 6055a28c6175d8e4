"""The head of valence, arousal and dominance: ridge or a hidden layer, chosen on dev."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.heads import DenseHead
from clinic.inconsistency.training.agreement import pearson
from clinic.inconsistency.training.fitted import Candidate, Fitted, Split, best_of
from clinic.inconsistency.training.network import NetworkSettings, fit_network

Floats = NDArray[np.float64]

PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
NETWORKS = (
    NetworkSettings(hidden=64, dropout=0.3, weight_decay=0.01),
    NetworkSettings(hidden=128, dropout=0.3, weight_decay=0.01),
    NetworkSettings(hidden=128, dropout=0.5, weight_decay=0.01),
    NetworkSettings(hidden=256, dropout=0.5, weight_decay=0.1),
)


def fit_dimensions(
    split: Split,
    *,
    columns: tuple[str, ...],
    outputs: tuple[str, ...],
    card: Mapping[str, object],
    networks: Sequence[NetworkSettings] = NETWORKS,
) -> Fitted:
    """Fit every candidate on train and keep the one that correlates best on dev.

    The answers are then stretched about their mean until they spread on dev as the ratings do:
    least squares draws them towards the mean, each dimension by another factor, and readings
    of different modalities could not be compared on one scale.
    """
    fitted = best_of(
        [
            Candidate(
                label=label,
                head=head,
                score=mean_pearson(head, split.dev_inputs, split.dev_targets),
            )
            for label, head in _heads(split, (columns, outputs), card, networks)
        ]
    )
    return replace(fitted, head=_stretched(fitted.head, split))


def mean_pearson(head: DenseHead, inputs: Floats, targets: Floats) -> float:
    """Return the correlation of answers and ratings, averaged over the outputs."""
    answers = head.predict(inputs)
    found = [pearson(answers[:, i], targets[:, i]) for i in range(targets.shape[1])]
    return float(np.mean(np.nan_to_num(found)))


def ridge(
    inputs: Floats,
    targets: Floats,
    *,
    penalty: float,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    card: Mapping[str, object],
) -> DenseHead:
    """Return ridge regression with an intercept that is not penalised, as a linear head."""
    centre, level = inputs.mean(axis=0), targets.mean(axis=0)
    centred = inputs - centre
    gram = centred.T @ centred + penalty * np.eye(inputs.shape[1])
    return DenseHead(
        inputs=names[0],
        outputs=names[1],
        link="identity",
        centre=centre,
        scale=np.ones_like(centre),
        layers=((np.linalg.solve(gram, centred.T @ (targets - level)), level),),
        card=card,
    )


def _heads(
    split: Split,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    card: Mapping[str, object],
    networks: Sequence[NetworkSettings],
) -> Iterator[tuple[str, DenseHead]]:
    for penalty in PENALTIES:
        head = ridge(split.inputs, split.targets, penalty=penalty, names=names, card=card)
        yield f"ridge, penalty {penalty:g}", head
    for settings in networks:
        head = fit_network(
            split.inputs,
            split.targets,
            (split.dev_inputs, split.dev_targets),
            names=names,
            link="identity",
            settings=settings,
            card=card,
        )
        yield settings.label, head


def _stretched(head: DenseHead, split: Split) -> DenseHead:
    answers = head.predict(split.dev_inputs)
    spread = answers.std(axis=0)
    factor = np.where(spread > 0, split.dev_targets.std(axis=0) / np.maximum(spread, 1e-12), 1.0)
    middle = head.predict(split.inputs).mean(axis=0)
    weights, bias = head.layers[-1]
    last = (weights * factor, (bias - middle) * factor + middle)
    return replace(head, layers=(*head.layers[:-1], last))
