"""Check 6: was something fitted on everybody before the table was split?"""

from collections.abc import Callable, Sequence

import numpy as np

from clinic.evaluation.audit.check import AuditCheck, Verdict, not_possible
from clinic.evaluation.audit.data import AuditFold, AuditTable, Flags, Floats, Rows

NAME = "scaled or imputed over everybody"
ADVICE = (
    "Store unscaled features with gaps, and fit scaler and imputer on the training rows of each "
    "fold."
)
#: A scaler's own columns meet mean 0 and spread 1 within rounding; other columns do not, unless
#: by a chance of about 1 in 100,000 per column.
TOLERANCE = 1e-4
#: Fewer rows than this meet a mean or a range by chance.
LEAST_ROWS = 8
#: Columns on a natural 0-1 scale may reach both ends: only a table full of them is suspicious.
MOST_NATURAL = 0.5


def scaled_over_everybody(table: AuditTable, folds: Sequence[AuditFold]) -> AuditCheck:
    """Look for columns that are exactly scaled over more rows than a fold may fit on."""
    if table.n_rows < LEAST_ROWS:
        return not_possible(NAME, f"{table.n_rows} rows, {LEAST_ROWS} needed")
    usable = [fold for fold in folds if len(fold.fitted) >= 2 and len(fold.scored)]
    if not usable:
        return not_possible(NAME, "no fold has both fitted and scored rows")
    real = _real_valued(table.features)
    values = table.features[:, real]
    names = np.array(table.columns)[real]
    wide = [np.arange(table.n_rows)]
    wide += [
        rows
        for rows in (np.union1d(fold.fitted, fold.scored) for fold in usable)
        if len(rows) < table.n_rows
    ]
    standard, ranged, imputed = (
        _only_over_everybody(test, values, wide, usable)
        for test in (_is_standard, _is_zero_to_one, _is_imputed)
    )
    n_ranged = int(ranged.sum())
    too_many = n_ranged > MOST_NATURAL * max(len(names), 1) and n_ranged > 1
    n_sure = int((standard | imputed).sum()) + (n_ranged if too_many else 0)
    fails = n_sure > 0
    counts = (
        ("mean 0 and spread 1 over all rows", float(standard.sum())),
        ("exactly 0 to 1 over all rows", float(n_ranged)),
        ("gaps filled with the mean of all rows", float(imputed.sum())),
    )
    listed = [f"{name} ({int(n)})" for name, n in counts if n]
    example = names[standard | imputed | ranged]
    return AuditCheck(
        name=NAME,
        verdict=Verdict.FAIL if fails else Verdict.WARN if n_ranged else Verdict.PASS,
        statistic=float(n_sure if fails else n_ranged),
        unit=f"columns of {len(table.columns)}",
        sentence=(
            f"Columns that hold over all rows but not over the training rows: "
            f"{', '.join(listed)}, such as {example[0]}."
            if listed
            else f"No column of {len(table.columns)} is scaled or filled over all rows."
        ),
        advice=ADVICE if fails or n_ranged else "",
        details=counts,
    )


def _real_valued(features: Floats) -> Flags:
    """Columns with other than whole numbers and with some variety; counts are 0 to 1 by nature."""
    with np.errstate(invalid="ignore"):
        whole = np.isnan(features) | (features == np.round(features))
    variety = np.array([len(np.unique(column[~np.isnan(column)])) > 2 for column in features.T])
    return np.asarray(~whole.all(axis=0) & variety, dtype=bool)


def _only_over_everybody(
    test: Callable[[Floats], Flags],
    values: Floats,
    wide: Sequence[Rows],
    folds: Sequence[AuditFold],
) -> Flags:
    found = np.any([test(values[rows]) for rows in wide], axis=0)
    # A scaler fitted on the training rows, or per person, also holds over the training rows.
    # Few columns get this far, so that large tables cost one look.
    place = np.flatnonzero(found)
    for role_rows in (
        [fold.fitted for fold in folds],
        [fold.roles.get("training", fold.fitted) for fold in folds],
    ):
        if len(place):
            holds = np.all([test(values[np.ix_(rows, place)]) for rows in role_rows], axis=0)
            found[place[holds]] = False
    return np.asarray(found, dtype=bool)


def _is_standard(rows: Floats) -> Flags:
    n = np.sum(~np.isnan(rows), axis=0)
    mean, spread = _moments(rows)
    unbiased = spread * np.sqrt(n / np.maximum(n - 1, 1))
    centred = np.abs(mean) < TOLERANCE
    unit = (np.abs(spread - 1) < TOLERANCE) | (np.abs(unbiased - 1) < TOLERANCE)
    return np.asarray(centred & unit & (n >= LEAST_ROWS), dtype=bool)


def _is_zero_to_one(rows: Floats) -> Flags:
    low = np.nanmin(np.where(np.isnan(rows), np.inf, rows), axis=0)
    high = np.nanmax(np.where(np.isnan(rows), -np.inf, rows), axis=0)
    once = (rows == low).sum(axis=0) + (rows == high).sum(axis=0)
    # A natural share meets its ends several times; a stretched column once each, copies apart.
    return np.asarray((low == 0) & (high == 1) & (once <= 4), dtype=bool)


def _is_imputed(rows: Floats) -> Flags:
    return np.array([_holds_own_mean(column[~np.isnan(column)]) for column in rows.T], dtype=bool)


def _holds_own_mean(column: Floats) -> bool:
    """Whether a value that repeats is the mean of all others."""
    found, counts = np.unique(column, return_counts=True)
    repeated = found[counts >= 3]
    if not len(repeated) or len(found) < LEAST_ROWS:
        return False
    spread = float(column.std())
    for value in repeated:
        others = column[column != value]
        if abs(float(others.mean()) - float(value)) < TOLERANCE * 1e-3 * spread:
            return True
    return False


def _moments(rows: Floats) -> tuple[Floats, Floats]:
    observed = ~np.isnan(rows)
    n = np.maximum(observed.sum(axis=0), 1)
    mean = np.where(observed, rows, 0.0).sum(axis=0) / n
    variance = (np.where(observed, rows - mean, 0.0) ** 2).sum(axis=0) / n
    return mean, np.sqrt(variance)
