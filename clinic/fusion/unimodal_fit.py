"""Fit each modality's linear models and say what they would have said of people left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from clinic.fusion.arrays import CaseSet, pad
from clinic.fusion.base import FusionNetwork
from clinic.fusion.heads import LOGISTIC_SD
from clinic.fusion.linear_fit import (
    Calibration,
    Floats,
    Linear,
    LinearFit,
    best_penalty,
    calibrate_ratings,
    calibrate_scores,
    cross_entropy,
    logistic,
    ridge,
    squared_error,
)
from clinic.fusion.out_of_fold import folds_of, predict_out_of_fold
from clinic.fusion.unimodal import UnimodalModels, Views, columns_of, no_and_yes
from clinic.records import Condition

#: With fewer participants per fold a modality keeps to the average of those that have it.
LEAST_PER_FOLD = 2


@dataclass(frozen=True, kw_only=True)
class UnimodalSettings:
    """How the models of one modality are fitted.

    Args:
        penalties: Ridge penalties tried on validation participants.
        n_folds: Folds of the training participants for predictions of people left out.
        seed: Decides between participants of the same outcome which fold each falls into.
    """

    penalties: Sequence[float]
    n_folds: int
    seed: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Recordings or segments: features (n, n_columns), outcomes (NaN: none), weights, people."""

    x: Floats
    y: Floats
    weights: Floats
    participant_ids: NDArray[np.str_]
    present: NDArray[np.bool_]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Rows with an outcome in which something of the modality was observed."""
        return self.present & ~np.isnan(self.y)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What differs between scales and ratings: the model, what it should lessen, its map."""

    fit: LinearFit
    loss: Callable[[Floats, Floats], float]
    calibrate: Callable[[Floats, Floats, Floats], Calibration]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """One calibrated model, and the calibrated predictions for its known rows when left out."""

    linear: Linear
    spread: float
    left_out: Floats


RATING = Kind(fit=logistic, loss=cross_entropy, calibrate=calibrate_ratings)


def fit_one(training: Rows, validation: Rows, kind: Kind, settings: UnimodalSettings) -> Fitted:
    """Fit one modality's model of one target.

    The penalty is chosen on validation participants; the map from prediction to probability
    on predictions for training participants by models that have not seen them.
    """
    known = training.known
    x, y = training.x[known], training.y[known]
    weights = training.weights[known] / max(training.weights[known].mean(), 1e-12)
    people = training.participant_ids[known]
    if len(set(people)) < LEAST_PER_FOLD * settings.n_folds or len(set(y)) < 2:
        return _average(y, weights, kind, x.shape[1])
    checked = validation.x[validation.known], validation.y[validation.known]
    penalty = best_penalty(kind.fit, kind.loss, (x, y, weights), checked, settings.penalties)

    def fit(rows: NDArray[np.intp]) -> Linear:
        return kind.fit(x[rows], y[rows], weights[rows], penalty)

    folds = folds_of(people.tolist(), y, n_folds=settings.n_folds, seed=settings.seed)
    predicted = predict_out_of_fold(fit, x, folds)
    calibration = kind.calibrate(predicted, y, weights)
    whole = fit(np.arange(len(y)))
    linear = Linear(calibration.slope * whole.weights, float(calibration(np.array(whole.offset))))
    return Fitted(linear=linear, spread=calibration.spread, left_out=calibration(predicted))


def _average(y: Floats, weights: Floats, kind: Kind, n_columns: int) -> Fitted:
    """Say the same of everyone; with nobody at all, even odds, which no combination will hear."""
    if kind is RATING:
        share = (float(weights @ y) + 1) / (float(weights.sum()) + 2)
        place, spread = float(np.log(share / (1 - share))), 1.0
    else:
        place = float(np.average(y, weights=weights)) if len(y) else 0.0
        spread = max(float(np.std(y)), 1.0) / LOGISTIC_SD if len(y) else 1.0
    linear = Linear(np.zeros(n_columns), place)
    return Fitted(linear=linear, spread=spread, left_out=np.full(len(y), place))


def fit_unimodal(
    models: UnimodalModels,
    network: FusionNetwork,
    training: CaseSet,
    validation: CaseSet,
    settings: UnimodalSettings,
) -> Views:
    """Fit in place; return what the models would have said of each training participant unseen.

    Rows without a reference or without the modality hold what the fitted model says: nothing
    may be learned from them.
    """
    models.standardiser.fit(training.values)
    recordings = {
        condition: _fit_recordings(models, network, training, validation, condition, settings)
        for condition in (*models.scored, *models.rated)
    }
    segments = {
        condition: _fit_segments(models, training, validation, condition, settings)
        for condition in models.rated
    }
    with torch.no_grad():
        views = models(network, *pad(training.values))
    for condition, parts in recordings.items():
        for place, (known, fitted) in enumerate(parts):
            rows = torch.from_numpy(np.flatnonzero(known))
            said = torch.from_numpy(fitted.left_out).float()
            if condition in models.rated:
                views.recordings[condition][rows, place] = no_and_yes(said)
            else:
                grid, spread = network.grid(condition), torch.full_like(said, fitted.spread)
                views.recordings[condition][rows, place] = grid.probabilities(said, spread)
    for condition, parts in segments.items():
        _, mask = pad(training.values)
        flat = views.segments[condition][mask]
        for place, (known, fitted) in enumerate(parts):
            rows = torch.from_numpy(np.flatnonzero(known))
            flat[rows, place] = no_and_yes(torch.from_numpy(fitted.left_out).float())
        views.segments[condition][mask] = flat
    return views


def _fit_recordings(
    models: UnimodalModels,
    network: FusionNetwork,
    training: CaseSet,
    validation: CaseSet,
    condition: Condition,
    settings: UnimodalSettings,
) -> list[tuple[NDArray[np.bool_], Fitted]]:
    target = [*models.scored, *models.rated].index(condition)
    kind = RATING
    if condition in models.scored:
        grid = network.grid(condition)
        kind = Kind(
            fit=ridge,
            loss=squared_error,
            calibrate=lambda said, y, weights: calibrate_scores(said, y, weights, grid),
        )
    sets = [_recordings(models, cases, condition) for cases in (training, validation)]
    parts = []
    for place in range(len(models.modalities)):
        columns = list(columns_of(models.member, place, 2))
        rows = [_of_modality(each, present, columns, place) for each, present in sets]
        fitted = fit_one(rows[0], rows[1], kind, settings)
        models.weights[columns, target] = torch.from_numpy(fitted.linear.weights).float()
        models.offsets[place, target] = fitted.linear.offset
        if condition in models.scored:
            models.spreads[place, target] = fitted.spread
        parts.append((rows[0].known, fitted))
    return parts


def _fit_segments(
    models: UnimodalModels,
    training: CaseSet,
    validation: CaseSet,
    condition: Condition,
    settings: UnimodalSettings,
) -> list[tuple[NDArray[np.bool_], Fitted]]:
    target = models.rated.index(condition)
    sets = [_segments(models, cases, condition) for cases in (training, validation)]
    parts = []
    for place in range(len(models.modalities)):
        columns = list(columns_of(models.member, place, 1))
        rows = [_of_modality(each, present, columns, place) for each, present in sets]
        fitted = fit_one(rows[0], rows[1], RATING, settings)
        models.segment_weights[columns, target] = torch.from_numpy(fitted.linear.weights).float()
        models.segment_offsets[place, target] = fitted.linear.offset
        parts.append((rows[0].known, fitted))
    return parts


def _of_modality(
    rows: Rows, present: NDArray[np.bool_], columns: Sequence[int], place: int
) -> Rows:
    return Rows(
        x=rows.x[:, columns],
        y=rows.y,
        weights=rows.weights,
        participant_ids=rows.participant_ids,
        present=present[:, place],
    )


def _recordings(
    models: UnimodalModels, cases: CaseSet, condition: Condition
) -> tuple[Rows, NDArray[np.bool_]]:
    """Return all recordings, and which modality (n, M) was observed in each."""
    with torch.no_grad():
        values, mask = pad(cases.values)
        x = models.pooled(values, mask).numpy().astype(np.float64)
        _, observed = models.inputs(values, mask)
        present = ((observed.float() @ models.member) > 0).any(dim=1).numpy()
    rows = Rows(
        x=x,
        y=cases.targets[condition],
        weights=cases.weights,
        participant_ids=np.asarray(cases.participant_ids),
        present=present.any(axis=1),
    )
    return rows, present


def _segments(
    models: UnimodalModels, cases: CaseSet, condition: Condition
) -> tuple[Rows, NDArray[np.bool_]]:
    """Return all real segments one under the other, and which modality was observed in each."""
    with torch.no_grad():
        values, mask = pad(cases.values)
        inputs, observed = models.inputs(values, mask)
        present = ((observed.float() @ models.member) > 0)[mask].numpy()
        x = inputs[mask].numpy().astype(np.float64)
    lengths = [len(value) for value in cases.values]
    rows = Rows(
        x=x,
        y=np.concatenate(cases.segment_targets[condition]),
        weights=np.repeat(cases.weights / np.maximum(lengths, 1), lengths),
        participant_ids=np.repeat(np.asarray(cases.participant_ids), lengths),
        present=present.any(axis=1),
    )
    return rows, present
