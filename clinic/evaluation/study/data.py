"""What an evaluation reads: cases, references, and a table of what is known without listening."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from clinic.errors import SetupError
from clinic.evaluation.target import Target
from clinic.records import (
    Case,
    Condition,
    FeatureSpec,
    FeatureTable,
    Modality,
    Reference,
    Scale,
    Stamp,
    package_version,
)

METADATA = "metadata"
_SOURCE = "Lengths and attributes of the recording; nothing that was said, heard or seen"


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyData:
    """Cases and their references by recording id; every case has a reference.

    Args:
        notes: What was left out or could not be done, in words for the report.
    """

    cases: tuple[Case, ...]
    references: Mapping[str, Reference]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, cases: Sequence[Case], references: Sequence[Reference], attributes: Sequence[str]
    ) -> "StudyData":
        """Match cases and references and add the metadata table.

        Args:
            attributes: Names of attributes that the metadata table holds, such as
                ``session_kind``.

        Raises:
            SetupError: No recording has both features and a label, or ids contradict.
        """
        by_recording = {reference.recording_id: reference for reference in references}
        kept = [case for case in cases if case.recording_id in by_recording]
        if not kept:
            raise SetupError("no recording of the store has a label: compare recording_id (labels)")
        for case in kept:
            labelled = by_recording[case.recording_id].participant_id
            if labelled != case.participant_id:
                raise SetupError(
                    f"recording {case.recording_id} is of participant {case.participant_id} in "
                    f"the store and of {labelled} in the labels (participant_id)"
                )
        notes = (*_left_out(cases, by_recording), *_never_observed(kept))
        found = {case.recording_id: by_recording[case.recording_id] for case in kept}
        levels = _levels(list(found.values()), attributes)
        with_metadata = tuple(
            replace(case, tables=(*case.tables, metadata_table(case, found, levels)))
            for case in kept
        )
        return cls(cases=with_metadata, references=found, notes=notes)

    @property
    def participants(self) -> frozenset[str]:
        """Everybody with a recording."""
        return frozenset(case.participant_id for case in self.cases)

    def of_people(self, people: frozenset[str]) -> tuple[Case, ...]:
        """Return the recordings of some participants, in order."""
        return tuple(case for case in self.cases if case.participant_id in people)

    def tables(self) -> frozenset[str]:
        """Names of the feature tables that every case has."""
        names = [frozenset(table.name for table in case.tables) for case in self.cases]
        return frozenset.intersection(*names)


def reference_value(reference: Reference, target: Target) -> float:
    """Return a score, or the index of the class named by the attribute; NaN without one.

    Raises:
        SetupError: The attribute names a class that the target does not have.
    """
    if target.name in [str(condition) for condition in Condition]:
        return float(reference.scores.get(Condition(target.name), np.nan))
    value = reference.attributes.get(target.name)
    if value is None:
        return float("nan")
    if value not in target.classes:
        raise SetupError(
            f"recording {reference.recording_id}: {target.name} is {value!r}, one of "
            f"{', '.join(target.classes)} needed (targets)"
        )
    return float(target.classes.index(value))


def targets_of(scales: Sequence[Scale]) -> tuple[Target, ...]:
    """Return one target per scale."""
    return tuple(Target.of_scale(scale) for scale in scales)


def metadata_table(
    case: Case, references: Mapping[str, Reference], levels: Mapping[str, Sequence[str]]
) -> FeatureTable:
    """Return lengths, counts and attributes, the same in every row of a recording."""
    start = np.array([segment.start_s for segment in case.segments])
    end = np.array([segment.end_s for segment in case.segments])
    spoken = end - start
    facts: dict[str, tuple[str, float]] = {
        "n_segments": ("1", float(len(case.segments))),
        "span_s": ("s", float(end.max() - start.min()) if len(end) else 0.0),
        "spoken_s": ("s", float(spoken.sum())),
        "mean_segment_s": ("s", float(spoken.mean()) if len(spoken) else float("nan")),
    }
    attributes = references[case.recording_id].attributes
    for name, values in levels.items():
        for value in values:
            known = name in attributes
            facts[f"{name} {value}"] = ("1", float(attributes[name] == value) if known else np.nan)
    return FeatureTable(
        name=METADATA,
        modality=Modality.CROSS,
        row_kind="segment",
        specs=tuple(_spec(name, unit) for name, (unit, _) in facts.items()),
        start_s=start,
        end_s=end,
        values=np.tile([value for _, value in facts.values()], (len(start), 1)),
        coverage=np.ones(len(start)),
        stamp=Stamp(component=__name__, version=package_version("clinic-screening"), settings={}),
    )


def _spec(name: str, unit: str) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit=unit,
        minimum=0.0,
        maximum=float("inf"),
        source=_SOURCE,
        group=METADATA,
        meaning=name,
    )


def _levels(references: Sequence[Reference], names: Sequence[str]) -> dict[str, list[str]]:
    found = {
        name: {r.attributes[name] for r in references if name in r.attributes} for name in names
    }
    return {name: sorted(values) for name, values in found.items() if len(values) > 1}


def _never_observed(cases: Sequence[Case]) -> Iterator[str]:
    """Say which tables hold nothing of anybody."""
    for name in [table.name for table in cases[0].tables]:
        found = [t for case in cases for t in case.tables if t.name == name]
        if all(np.isnan(table.values).all() for table in found):
            yield (
                f"table {name} ({found[0].modality}): nobody was observed; models that read it "
                "have nothing from it"
            )


def _left_out(cases: Sequence[Case], references: Mapping[str, Reference]) -> Iterator[str]:
    unlabelled = [c.recording_id for c in cases if c.recording_id not in references]
    if unlabelled:
        yield (
            f"{len(unlabelled)} recordings of the store have no line in the labels, first "
            f"{unlabelled[0]}: not evaluated"
        )
    present = {case.recording_id for case in cases}
    absent = [name for name in references if name not in present]
    if absent:
        yield (
            f"{len(absent)} labelled recordings have no features in the store, first "
            f"{absent[0]}: not evaluated"
        )
