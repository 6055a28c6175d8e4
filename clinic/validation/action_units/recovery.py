"""How planted action units come back: correlation, gain, and what else answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

#: Frames before and after an action unit's showings that belong to its track.
_MARGIN = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Recovery:
    """What came back, person by person.

    Args:
        names: The 20 action units.
        alone: Shape (n_persons, 20), Pearson's r of recovered and planted intensity over the
            unit's own track: its showings, one unit at a time, with rest between.
        mixed: Shape (n_persons, 20), r over the frames with mixtures, talk and blinks; NaN
            where a person was not shown the unit there.
        response: Shape (n_persons, 20, 20), change of the unit in the column per unit planted of
            the one in the row, by least squares over the frames with one unit at a time.
    """

    names: tuple[str, ...]
    alone: Values
    mixed: Values
    response: Values

    def cross_talk(self, trusted: Sequence[str], persons: Values | None = None) -> Values:
        """Return, per unit, its largest response elsewhere relative to its own.

        Largest over the trusted units other than itself of ``|response| / own response``, of
        the mean response over persons. NaN where the own response is not positive.

        Args:
            persons: Indices of persons, for a bootstrap draw; None: everybody.
        """
        chosen = self.response if persons is None else self.response[persons.astype(int)]
        mean = chosen.mean(axis=0)
        own = np.diag(mean)
        others = np.abs(mean - np.diag(own))
        columns = [place for place, name in enumerate(self.names) if name in trusted]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(own > 0, others[:, columns].max(axis=1) / own, np.nan)

    def gain(self) -> Values:
        """Return each unit's own response per unit planted, mean over persons, shape (20,)."""
        return np.asarray(np.diag(self.response.mean(axis=0)))


def recovery(
    names: tuple[str, ...],
    planted: Sequence[Values],
    found: Sequence[Values],
    n_single: Sequence[int],
) -> Recovery:
    """Compare recovered with planted intensities.

    Args:
        planted, found: One array of shape (n, 20) a person, in the same order and on one scale;
            NaN rows of ``found`` (no face) are left out.
        n_single: Frames of each person that show one unit at a time; they come first.
    """
    alone, mixed, response = [], [], []
    for truth, answer, n in zip(planted, found, n_single, strict=True):
        seen = np.isfinite(answer).all(axis=1)
        units = range(len(names))
        tracks = [_track(truth[:n, unit]) for unit in units]
        alone.append([_r(truth[t, u], answer[t, u]) for u, t in zip(units, tracks, strict=True)])
        mixed.append([_r(truth[n:, unit], answer[n:, unit]) for unit in units])
        rows = seen[:n]
        causes = np.concatenate([truth[:n][rows], np.ones((int(rows.sum()), 1))], axis=1)
        response.append(np.linalg.lstsq(causes, answer[:n][rows], rcond=None)[0][:-1])
    return Recovery(
        names=names,
        alone=np.array(alone),
        mixed=np.array(mixed),
        response=np.array(response),
    )


def _track(course: Values) -> slice:
    shown = np.flatnonzero(course > 0)
    return slice(max(int(shown[0]) - _MARGIN, 0), int(shown[-1]) + 1 + _MARGIN)


def _r(truth: Values, answer: Values) -> float:
    """Pearson's r; 0 where the answer never moves, NaN where the truth does not."""
    seen = np.isfinite(answer)
    if np.ptp(truth[seen]) == 0:
        return float("nan")
    if np.ptp(answer[seen]) < 1e-9:
        return 0.0
    return float(np.corrcoef(truth[seen], answer[seen])[0, 1])
