"""Our own records as audit input: pooled features per recording, and our recipe as a procedure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from clinic.evaluation.audit.check import AuditReport
from clinic.evaluation.audit.data import AuditLabels, AuditTable, Floats, LabelKind
from clinic.evaluation.audit.procedure import N_PROBES, sealed_fold
from clinic.fusion import ParticipantSplit
from clinic.records import Case, Reference, Scale

#: Fits on the roles of a split and returns numbers for some cases, shape (n_cases, n_numbers).
FitAndEstimate = Callable[[Sequence[Case], Mapping[str, Reference], Sequence[Case]], Floats]


def table_of_cases(
    cases: Sequence[Case],
    references: Mapping[str, Reference],
    scales: Sequence[Scale],
    *,
    aliases: Sequence[tuple[str, str]] = (),
    not_features: Collection[str] = ("metadata",),
) -> AuditTable:
    """Return one row a recording: the mean of every column over its segments.

    Duration, number of segments and the references' attributes are metadata.

    Args:
        references: By recording id; a case without one has no label.
        not_features: Tables whose columns are metadata too.
    """
    kept = [
        replace(case, tables=tuple(t for t in case.tables if t.name not in not_features))
        for case in cases
    ]
    columns = tuple(
        f"{table.name}.{column}" for table in kept[0].tables for column in table.columns
    )
    values = np.stack([_means(case) for case in kept])
    known = [references.get(case.recording_id) for case in cases]
    names = sorted({name for reference in known if reference for name in reference.attributes})
    metadata = {
        "duration_s": np.array([_duration_s(case) for case in cases]),
        "n_segments": np.array([float(len(case.segments)) for case in cases]),
        **{
            name: np.array([r.attributes.get(name, "") if r else "" for r in known])
            for name in names
        },
    }
    targets = (_labels(scale, known) for scale in scales)
    return AuditTable(
        recording_ids=np.array([case.recording_id for case in cases]),
        participant_ids=np.array([case.participant_id for case in cases]),
        features=values,
        columns=columns,
        metadata=metadata,
        labels=tuple(target for target in targets if target is not None),
        aliases=tuple(aliases),
    )


def audit_fit(
    fit_and_estimate: FitAndEstimate,
    split: ParticipantSplit,
    cases: Sequence[Case],
    references: Mapping[str, Reference],
    *,
    subject: str,
    seed: int = 0,
) -> AuditReport:
    """Change features and references of the test participants; training estimates must stay.

    Args:
        fit_and_estimate: The evaluation's own path: fits and calibrates on what it is given,
            then returns numbers for the cases it is asked about, such as calibrated
            probabilities and scores side by side.
    """
    test = [case for case in cases if case.participant_id in split.test]
    rest = [case for case in cases if case.participant_id not in split.test]
    probes = [case for case in rest if case.participant_id in split.training][:N_PROBES]
    generator = np.random.default_rng(seed)
    own = {case.recording_id: references[case.recording_id] for case in test}

    def estimate(scored: tuple[Sequence[Case], Mapping[str, Reference]]) -> Floats:
        given, answers = scored
        return fit_and_estimate([*rest, *given], {**references, **answers}, probes)

    variants = {
        "features": [([_other_case(case, generator) for case in test], own)],
        "labels": [(test, _exchanged(own))],
        "number": [(test[: len(test) // 2], own)],
    }
    return sealed_fold(estimate, (test, own), variants, subject=subject)


def procedure_of_recipe(
    fit: Callable[[Sequence[Case], Mapping[str, Reference]], Callable[[Sequence[Case]], Floats]],
) -> FitAndEstimate:
    """Turn "fit, then estimate" into one call: ``fit`` returns what estimates cases."""

    def run(
        cases: Sequence[Case], references: Mapping[str, Reference], asked: Sequence[Case]
    ) -> Floats:
        return fit(cases, references)(asked)

    return run


def _means(case: Case) -> Floats:
    parts = []
    for table in case.tables:
        observed = ~np.isnan(table.values)
        count = observed.sum(axis=0)
        total = np.where(observed, table.values, 0.0).sum(axis=0)
        parts.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return np.concatenate(parts) if parts else np.empty(0)


def _duration_s(case: Case) -> float:
    if not case.segments:
        return float("nan")
    return max(s.end_s for s in case.segments) - min(s.start_s for s in case.segments)


def _labels(scale: Scale, known: Sequence[Reference | None]) -> AuditLabels | None:
    values = np.array([r.scores.get(scale.condition, np.nan) if r else np.nan for r in known])
    found = np.unique(values[~np.isnan(values)])
    if len(found) < 2:
        return None
    kind = LabelKind.BINARY if len(found) == 2 else LabelKind.ORDERED
    if kind is LabelKind.BINARY:
        values = np.where(np.isnan(values), np.nan, (values == found[1]).astype(np.float64))
    return AuditLabels(name=str(scale.condition), kind=kind, values=values[:, None])


def _other_case(case: Case, generator: np.random.Generator) -> Case:
    """Shuffle segments and move every value towards a bound, so that ranges still hold."""
    tables = []
    for table in case.tables:
        low = np.array([spec.minimum for spec in table.specs])
        high = np.array([spec.maximum for spec in table.specs])
        moved = table.values[generator.permutation(table.n_rows)] * 1.7 + 0.4
        tables.append(replace(table, values=np.clip(moved, low, high)))
    return replace(case, tables=tuple(tables))


def _exchanged(references: Mapping[str, Reference]) -> dict[str, Reference]:
    """Turn the order round: the lowest answers go to whoever had the highest."""
    order = sorted(references, key=lambda key: sorted(references[key].scores.items()))
    turned = dict(zip(order, reversed(order), strict=True))
    return {
        key: replace(
            reference,
            scores=references[turned[key]].scores,
            items=references[turned[key]].items,
            votes=references[turned[key]].votes,
        )
        for key, reference in references.items()
    }
