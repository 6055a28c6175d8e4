"""Choose among calibration maps by what they do for participants who did not fit them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.calibration.maps import LEAST_PROBABILITY, ProbabilityMap, fit_map
from clinic.errors import SetupError

Floats = NDArray[np.float64]
Bands = NDArray[np.intp]

#: Setting that stands for every map that suits the number of bands.
CHOOSE = "choose"
#: In rising number of parameters: of two equally good ones the simpler is taken.
FOR_TWO_BANDS = ("temperature", "platt", "isotonic")
FOR_MORE_BANDS = ("temperature", "dirichlet", "isotonic")
#: Inner folds in which candidates are compared.
N_INNER_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class MethodChoice:
    """Which map was taken, and what each candidate lost.

    Args:
        log_loss: Mean log loss per candidate on inner folds, in nats; empty where there was
            nothing to choose.
    """

    method: str
    log_loss: Mapping[str, float]


def candidates_of(setting: str | Sequence[str], n_bands: int) -> tuple[str, ...]:
    """Return the names of maps that a setting admits: one, a list, or ``choose``.

    Raises:
        SetupError: An empty list.

    Example:
        >>> candidates_of("choose", 5)
        ('temperature', 'dirichlet', 'isotonic')
    """
    if setting == CHOOSE:
        return FOR_TWO_BANDS if n_bands == 2 else FOR_MORE_BANDS
    names = (setting,) if isinstance(setting, str) else tuple(setting)
    if not names:
        raise SetupError("no calibration method to choose from (calibration.methods)")
    return names


def choose_method(
    candidates: Sequence[str],
    log_probabilities: Floats,
    bands: Bands,
    weights: Floats,
    participant_ids: Sequence[str] | None = None,
) -> MethodChoice:
    """Return the candidate with the least log loss on participants who did not fit it.

    Args:
        log_probabilities: Shape (n, n_bands).
        bands, weights: Shape (n,).
        participant_ids: One per row, so that nobody is in two inner folds; None = every row is
            a participant.

    Raises:
        SetupError: An unknown candidate, or one that does not suit the number of bands.
    """
    if len(candidates) == 1:
        return MethodChoice(method=candidates[0], log_loss={})
    folds = _inner_folds(bands, participant_ids)
    losses = {}
    for method in candidates:
        lost = np.empty(len(bands))
        for fold in np.unique(folds):
            scored, fitted = folds == fold, folds != fold
            if not fitted.any():
                raise SetupError(
                    "1 calibration subject, 2 needed to choose a map (calibration.methods)"
                )
            map_ = fit_map(method, log_probabilities[fitted], bands[fitted], weights[fitted])
            given = map_.apply(log_probabilities[scored])[np.arange(scored.sum()), bands[scored]]
            lost[scored] = -np.log(np.maximum(given, LEAST_PROBABILITY))
        losses[method] = float(np.average(lost, weights=weights))
    return MethodChoice(method=min(losses, key=lambda name: losses[name]), log_loss=losses)


def fit_chosen(
    candidates: Sequence[str],
    log_probabilities: Floats,
    bands: Bands,
    weights: Floats,
    participant_ids: Sequence[str] | None = None,
) -> tuple[ProbabilityMap, MethodChoice]:
    """Choose a map and fit it on everybody."""
    choice = choose_method(candidates, log_probabilities, bands, weights, participant_ids)
    return fit_map(choice.method, log_probabilities, bands, weights), choice


def _inner_folds(bands: Bands, participant_ids: Sequence[str] | None) -> NDArray[np.intp]:
    """Deal participants out in the order of their highest band, so that folds are alike."""
    ids = np.arange(len(bands)) if participant_ids is None else np.asarray(participant_ids)
    _, place = np.unique(ids, return_inverse=True)
    highest = np.full(place.max() + 1, -1)
    np.maximum.at(highest, place, bands)
    dealt = np.empty(len(highest), dtype=np.intp)
    dealt[np.argsort(highest, kind="stable")] = np.arange(len(highest)) % N_INNER_FOLDS
    return np.asarray(dealt[place])
