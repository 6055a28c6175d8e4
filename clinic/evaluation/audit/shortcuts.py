"""Check 5: does a single column that is no feature predict the label?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.audit.chance import NO_VARIANCE, centred_scores, chance_of, score_name
from clinic.evaluation.audit.check import AuditCheck, Verdict, not_possible
from clinic.evaluation.audit.data import AuditFold, AuditLabels, AuditTable, Floats, LabelKind
from clinic.evaluation.audit.people import mean_by, numbered
from clinic.evaluation.audit.trials import labelled_people
from clinic.evaluation.bootstrap import bootstrap_interval

NAME = "metadata shortcuts"
ADVICE = (
    "Report a model on this column alone beside every result; where the column is an artefact of "
    "collection, balance or drop it."
)
#: A text column with more values than this names the rows rather than describes them.
MOST_LEVELS = 20
N_LISTED = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One column, a number per person."""

    name: str
    values: Floats


def metadata_shortcuts(
    table: AuditTable,
    target: AuditLabels,
    folds: Sequence[AuditFold],
    persons: NDArray[np.intp],
    *,
    n_permutations: int,
    alpha: float,
    gives_away: float,
    seed: int,
) -> AuditCheck:
    """Test every metadata column against the label, corrected for their number.

    Labels are permuted between persons; a column's p-value is the share of permutations whose
    largest correlation over all columns reaches this column's.

    Args:
        gives_away: |score - chance|, as a share of its largest value, from whose lower bound on
            a column alone answers the question, and the check fails instead of warning.

    Source:
        Westfall and Young (1993), Resampling-Based Multiple Testing (single-step maxT).
    """
    name = f"{NAME} ({target.name})"
    people = labelled_people(target, folds, persons)
    if isinstance(people, str):
        return not_possible(name, people)
    n_all = int(persons.max()) + 1
    everybody = mean_by(persons, target.values, n_all)
    known = np.flatnonzero(~np.isnan(everybody).any(axis=1))
    columns = [
        Column(name=column.name, values=column.values[known])
        for column in columns_of(table, persons)
    ]
    columns = [c for c in columns if np.nanstd(c.values) > NO_VARIANCE] if columns else []
    if not columns:
        return not_possible(name, "no metadata column varies between persons")
    labels = everybody[known]
    p_values, scores = max_t(target.kind, labels, columns, n_permutations, seed)
    order = np.lexsort((-np.abs(scores), p_values))
    first = int(order[0])
    interval = _interval(target.kind, labels, columns[first], seed)
    chance = chance_of(target.kind)
    largest = 1.0 if target.kind is LabelKind.ORDERED else 0.5
    beyond = p_values[first] < alpha
    surely = max(0.0, interval[0] - chance, chance - interval[1]) / largest
    found = [int(i) for i in order if p_values[i] < alpha]
    score = (
        "AUROC of the class told apart best"
        if target.kind is LabelKind.CLASSES
        else score_name(target.kind)
    )
    measured = (
        f"{columns[first].name}: {score} {chance + scores[first]:.2f} "
        f"[{interval[0]:.2f}, {interval[1]:.2f}], p = {p_values[first]:.3g} over "
        f"{len(columns)} columns and {len(labels)} persons"
    )
    fails = bool(beyond and surely >= gives_away)
    return AuditCheck(
        name=name,
        verdict=Verdict.FAIL if fails else Verdict.WARN if beyond else Verdict.PASS,
        statistic=chance + float(scores[first]),
        interval=interval,
        chance=chance,
        unit=f"{score} of the strongest column, chance {chance:g}",
        sentence=(
            f"{len(found)} column(s) predict {target.name} beyond chance, first {measured}."
            + (" This column alone gives the answer away." if fails else "")
            if beyond
            else f"No column predicts {target.name} beyond chance; strongest {measured}."
        ),
        advice=ADVICE if beyond else "",
        details=tuple(
            (f"{columns[int(i)].name}: {words}", float(value))
            for i in order[:N_LISTED]
            for words, value in (("score", chance + scores[i]), ("p", p_values[i]))
        ),
    )


def columns_of(table: AuditTable, persons: NDArray[np.intp]) -> list[Column]:
    """Return what may be a shortcut: given metadata, gaps, counts, place and number of the id."""
    n = int(persons.max()) + 1
    found: dict[str, Floats] = {"row order": np.arange(table.n_rows, dtype=np.float64)}
    digits = [re.findall(r"\d+", str(name)) for name in table.participant_ids]
    if all(digits):
        found["number in the participant id"] = np.array([float(d[-1][:15]) for d in digits])
    found |= _gaps(table)
    for name, values in table.metadata.items():
        found |= _metadata(name, values)
    columns = [Column(name=k, values=mean_by(persons, v, n)) for k, v in found.items()]
    rows = np.bincount(persons, minlength=n).astype(np.float64)
    recordings = numbered([f"{p} {r}" for p, r in zip(persons, table.recording_ids, strict=True)])
    first = np.unique(recordings, return_index=True)[1]
    sessions = np.bincount(persons[first], minlength=n).astype(np.float64)
    columns += [
        Column(name="rows of the person", values=rows),
        Column(name="recordings of the person", values=sessions),
    ]
    return columns


def max_t(
    kind: LabelKind,
    labels: Floats,
    columns: Sequence[Column],
    n_permutations: int,
    seed: int,
) -> tuple[Floats, Floats]:
    """Return corrected p-values and signed scores minus chance per column.

    A person without a value gets the column's mean rank.
    """
    from scipy.stats import rankdata

    ranks = np.stack([_ranks(column.values) for column in columns], axis=1)
    ranks /= np.maximum(ranks.std(axis=0), NO_VARIANCE)
    answers = rankdata(labels, axis=0) if kind is LabelKind.ORDERED else labels
    answers = (answers - answers.mean(axis=0)) / np.maximum(answers.std(axis=0), NO_VARIANCE)
    n = len(labels)
    generator = np.random.default_rng(seed)
    observed = np.abs(ranks.T @ answers / n).max(axis=1)
    largest = np.array(
        [
            np.abs(ranks.T @ answers[generator.permutation(n)] / n).max()
            for _ in range(n_permutations)
        ]
    )
    # 1e-12: a permutation that gives back the same table must count as reaching it.
    reached = (largest[:, None] >= observed - 1e-12).sum(axis=0)
    return (1 + reached) / (1 + n_permutations), np.array(
        [_score(kind, labels, column.values) for column in columns]
    )


def _score(kind: LabelKind, labels: Floats, values: Floats) -> float:
    """Signed score minus chance; for classes that of the class told apart best."""
    each = [_score_of(kind, labels[:, [k]], values) for k in range(labels.shape[1])]
    return max(each, key=abs)


def _score_of(kind: LabelKind, label: Floats, values: Floats) -> float:
    known = ~np.isnan(values)
    return float(centred_scores(kind, label[known][:, None, :], values[known][:, None, None])[0])


def _interval(kind: LabelKind, labels: Floats, column: Column, seed: int) -> tuple[float, float]:
    """Draw persons again; the class told apart best stays the same in every draw."""
    each = [_score_of(kind, labels[:, [k]], column.values) for k in range(labels.shape[1])]
    best = labels[:, [int(np.argmax(np.abs(each)))]]
    chance, names = chance_of(kind), [str(i) for i in range(len(labels))]
    low, high = bootstrap_interval(
        names,
        lambda rows: chance + _score_of(kind, best[rows], column.values[rows]),
        n_draws=500,
        seed=seed,
    )
    return low, high


def _ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    known = ~np.isnan(values)
    ranks = np.zeros(len(values))
    ranks[known] = rankdata(values[known])
    ranks[known] -= ranks[known].mean()
    return ranks


def _gaps(table: AuditTable) -> Mapping[str, Floats]:
    """One column per distinct pattern of gaps, and the share of gaps in a row."""
    missing = np.isnan(table.features)
    if not missing.any():
        return {}
    found: dict[str, Floats] = {"share of gaps": missing.mean(axis=1)}
    seen: set[bytes] = set()
    for place in np.flatnonzero(missing.any(axis=0) & ~missing.all(axis=0)):
        pattern = missing[:, place].tobytes()
        if pattern not in seen:
            seen.add(pattern)
            found[f"gaps of {table.columns[place]}"] = missing[:, place].astype(np.float64)
    return found


def _metadata(name: str, values: NDArray[np.generic]) -> Mapping[str, Floats]:
    if np.issubdtype(values.dtype, np.number):
        return {name: values.astype(np.float64)}
    texts = np.array(["" if v is None else str(v) for v in values.tolist()], dtype=np.str_)
    levels = sorted(set(texts.tolist()) - {""})
    if len(levels) > MOST_LEVELS or len(levels) < 2:
        return {}
    return {f"{name} = {level}": (texts == level).astype(np.float64) for level in levels}
