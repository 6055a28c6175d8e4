"""Who is one person: ids joined by aliases and by copies that were found."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.data import Floats


def persons_of(
    participant_ids: NDArray[np.str_], pairs: Iterable[tuple[str, str]]
) -> NDArray[np.intp]:
    """Return one person number per row; ids that a chain of pairs joins are one person.

    Args:
        pairs: Participant ids that are the same person; ids that no row has may link others.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in pairs:
        parent[root(str(one))] = root(str(other))
    roots = np.array([root(str(name)) for name in participant_ids], dtype=np.str_)
    return np.unique(roots, return_inverse=True)[1].astype(np.intp)


def mean_by(groups: NDArray[np.intp], values: Floats, n_groups: int) -> Floats:
    """Return the mean of rows per group, shape (n_groups, ...); NaN rows of a cell do not count.

    A group without any observed row is NaN.
    """
    flat = values.reshape(len(values), -1)
    observed = ~np.isnan(flat)
    total = np.zeros((n_groups, flat.shape[1]))
    count = np.zeros((n_groups, flat.shape[1]))
    np.add.at(total, groups, np.where(observed, flat, 0.0))
    np.add.at(count, groups, observed.astype(np.float64))
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean.reshape(n_groups, *values.shape[1:])


def numbered(names: Sequence[str]) -> NDArray[np.intp]:
    """Return a number per distinct name."""
    return np.unique(np.asarray(names, dtype=np.str_), return_inverse=True)[1].astype(np.intp)
