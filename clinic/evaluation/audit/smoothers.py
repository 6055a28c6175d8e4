"""Two cheap models, both linear in the labels, so that many label sets cost one matrix product.

Ridge regression stands for models that generalise, the nearest neighbour for models that
memorise: only a model of the second kind shows what a boosted tree gains from a person's copy.
"""

from collections.abc import Callable, Mapping

import numpy as np

from clinic.evaluation.audit.data import Floats

#: Takes labels of the fitted rows, shape (n_fitted, m); returns estimates, shape (n_scored, m).
Smoother = Callable[[Floats], Floats]

#: Beyond this many columns, distances are taken between principal components.
MAX_COMPONENTS = 64
#: Up to here a tree finds a nearest row faster than looking at all of them.
FEW_COLUMNS = 8


def standardised(fitted: Floats, scored: Floats) -> tuple[Floats, Floats]:
    """Scale by mean and spread of the fitted rows; not observed becomes the mean."""
    observed = ~np.isnan(fitted)
    count = np.maximum(observed.sum(axis=0), 1)
    mean = np.where(observed, fitted, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(observed, fitted - mean, 0.0) ** 2).sum(axis=0) / count)
    usable = spread > 1e-12
    scale = np.where(usable, spread, 1.0)

    def apply(rows: Floats) -> Floats:
        values = (rows - mean) / scale
        return np.asarray(np.where(np.isnan(values), 0.0, values)[:, usable], dtype=np.float64)

    return apply(fitted), apply(scored)


def smoothers(fitted: Floats, scored: Floats) -> Mapping[str, Smoother]:
    """Return the models, fitted on standardised rows."""
    if fitted.shape[1] > MAX_COMPONENTS:
        _, _, axes = np.linalg.svd(fitted - fitted.mean(axis=0), full_matrices=False)
        near = (fitted @ axes[:MAX_COMPONENTS].T, scored @ axes[:MAX_COMPONENTS].T)
    else:
        near = (fitted, scored)
    return {"ridge": _ridge(fitted, scored), "nearest neighbour": _nearest(*near)}


def _ridge(fitted: Floats, scored: Floats) -> Smoother:
    """Ridge with as much weight on the penalty as on the rows (1 per column and row)."""
    n, d = fitted.shape
    penalty = float(max(n, d))
    if d <= n:
        solved = np.linalg.solve(fitted.T @ fitted + penalty * np.eye(d), scored.T).T
        return lambda labels: np.asarray(
            solved @ (fitted.T @ (labels - labels.mean(axis=0))) + labels.mean(axis=0)
        )
    dual = np.linalg.solve(fitted @ fitted.T + penalty * np.eye(n), fitted @ scored.T).T
    return lambda labels: np.asarray(dual @ (labels - labels.mean(axis=0)) + labels.mean(axis=0))


def _nearest(fitted: Floats, scored: Floats) -> Smoother:
    from sklearn.neighbors import NearestNeighbors

    if fitted.shape[1] == 0:
        return lambda labels: np.repeat(labels[:1] * 0, len(scored), axis=0)
    algorithm = "kd_tree" if fitted.shape[1] <= FEW_COLUMNS else "brute"
    search = NearestNeighbors(n_neighbors=1, algorithm=algorithm).fit(fitted)
    nearest = search.kneighbors(scored, return_distance=False)[:, 0]
    return lambda labels: np.asarray(labels[nearest])
