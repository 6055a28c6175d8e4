"""Interviews with shuffled pairing: whole modalities moved, what normally goes together kept."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.measures.base import CHANNEL
from clinic.inconsistency.measures.emotions import CONFIDENCE, TILT
from clinic.inconsistency.moments.chance import SEED
from clinic.inconsistency.readers.emotions import EMOTIONS

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

#: Personal z scores are cut off at this size, shuffled ones too.
LIMIT_SD = 5.0

#: Fewer pairs say nothing of how far one reading follows another.
LEAST_PAIRS = 8


def shuffled(
    scores: Mapping[str, Floats], n_shuffles: int, *, follows: Mapping[str, str]
) -> dict[str, Floats]:
    """Return readings of shape (n_shuffles, n_segments) in which pairing is left to chance.

    Each modality is moved whole among its own segments, so that its readings stay together. A
    reading that follows another (``voice_arousal: text_arousal``) keeps doing so: moved is what
    the other does not explain of it. Words, voice and face normally go together, and a null
    that forgets this calls every agreement luck and every disagreement common.

    How far it follows is taken one standard error below the estimate, and never against it.

    Args:
        follows: Leader by follower; ``face_tilt: text_tilt`` stands for all six emotions.
    """
    random = np.random.default_rng(SEED)
    n_rows = len(next(iter(scores.values())))
    rows = {modality: _moved(modality, scores, n_rows, n_shuffles, random) for modality in CHANNEL}
    mixed = {name: column[rows[_modality(name)]] for name, column in scores.items()}
    for follower, leader in follows.items():
        place, places = rows[_modality(follower)], rows[_modality(leader)]
        if follower.endswith(TILT.rstrip("_")):
            mixed |= _tilts_following(scores, mixed, follower, leader, place, places)
        else:
            slope = following_slope(scores[leader], scores[follower])
            moved = slope * (scores[leader][places] - scores[leader][place])
            mixed[follower] = np.clip(mixed[follower] + np.nan_to_num(moved), -LIMIT_SD, LIMIT_SD)
    return mixed


def following_slope(leader: Floats, follower: Floats) -> float:
    """Return how much the follower changes with the leader, one standard error low, at least 0.

    Args:
        leader, follower: Shape (n_segments,) or (n_segments, k) of k columns that share a slope.

    Source:
        Standard error of Fisher's z: 1 / sqrt(n - 3) with n segments.
    """
    first, second = np.atleast_2d(leader.T).T, np.atleast_2d(follower.T).T
    both = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
    if both.sum() < LEAST_PAIRS:
        return 0.0
    first = first[both] - first[both].mean(axis=0)
    second = second[both] - second[both].mean(axis=0)
    spreads = np.sqrt((first**2).sum()), np.sqrt((second**2).sum())
    if min(spreads) == 0:
        return 0.0
    correlation = np.clip((first * second).sum() / spreads[0] / spreads[1], -0.99, 0.99)
    low = np.tanh(np.arctanh(correlation) - 1.0 / np.sqrt(both.sum() - 3))
    return float(max(low, 0.0) * spreads[1] / spreads[0])


def _tilts_following(
    scores: Mapping[str, Floats],
    mixed: Mapping[str, Floats],
    follower: str,
    leader: str,
    place: Rows,
    places: Rows,
) -> dict[str, Floats]:
    names = [f"{follower}_{emotion}" for emotion in EMOTIONS]
    led = np.log(np.stack([scores[f"{leader}_{emotion}"] for emotion in EMOTIONS], axis=-1))
    own = np.log(np.stack([scores[name] for name in names], axis=-1))
    slope = following_slope(led, own)
    if slope == 0.0:
        return {}
    moved = np.nan_to_num(slope * (led[places] - led[place]))
    raised = np.exp(np.log(np.stack([mixed[name] for name in names], axis=-1)) + moved)
    tilts = raised / raised.sum(axis=-1, keepdims=True)
    return {name: tilts[..., k] for k, name in enumerate(names)}


def _moved(
    modality: str,
    scores: Mapping[str, Floats],
    n_rows: int,
    n_shuffles: int,
    random: np.random.Generator,
) -> Rows:
    """Return shape (n_shuffles, n_segments): segments not observed stay where they are."""
    kept = np.tile(np.arange(n_rows), (n_shuffles, 1))
    columns = [
        column
        for name, column in scores.items()
        if _modality(name) == modality and not name.endswith(CONFIDENCE)
    ]
    if not columns:
        return kept
    seen = np.flatnonzero(np.isfinite(np.stack(columns)).any(axis=0))
    kept[:, seen] = random.permuted(np.tile(seen, (n_shuffles, 1)), axis=1)
    return kept


def _modality(name: str) -> str:
    return name.split("_", 1)[0]
