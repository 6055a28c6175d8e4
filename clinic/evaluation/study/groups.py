"""To which subgroup a scored recording belongs: its attributes, and how far modalities disagree."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from clinic.evaluation.predictions import Predictions
from clinic.evaluation.study.data import StudyData
from clinic.evaluation.study.split_file import SplitFile
from clinic.evaluation.subgroups import CONFLICT, conflict_levels

#: Gives the level of every row, None where it is not known.
Levels = Callable[[Predictions], Sequence[str | None]]


def levels_of(
    data: StudyData, split: SplitFile, attributes: Sequence[str], conflict: Mapping[str, float]
) -> dict[str, Levels]:
    """Return what gives the levels of each attribute, and of conflict where it was measured.

    Attributes that nobody has, or that are the same for everybody, say nothing and are left out.
    """
    found: dict[str, Levels] = {}
    for attribute in attributes:
        known = {
            r.attributes[attribute] for r in data.references.values() if attribute in r.attributes
        }
        if len(known) > 1:
            found[attribute] = partial(_attribute, data=data, attribute=attribute)
    if conflict:
        training = {(f.repeat, f.number): f.split.training for f in split.folds}
        people = {case.recording_id: case.participant_id for case in data.cases}
        found[CONFLICT] = partial(
            _conflict, conflict=conflict, participant_of=people, training=training
        )
    return found


def conflict_values(data: StudyData, table: str, columns: Sequence[str]) -> dict[str, float]:
    """Return how far a recording's modalities disagree: mean over segments and columns.

    Empty where the data have no such table; recordings in which nothing was measured are left
    out.
    """
    if table not in data.tables():
        return {}
    found = {}
    for case in data.cases:
        measured = case.table(table)
        chosen = [measured.column(name) for name in columns if name in measured.columns]
        values = np.concatenate(chosen) if chosen else np.array([])
        values = values[~np.isnan(values)]
        if len(values):
            found[case.recording_id] = float(values.mean())
    return found


def _conflict(
    predictions: Predictions,
    *,
    conflict: Mapping[str, float],
    participant_of: Mapping[str, str],
    training: Mapping[tuple[int, int], frozenset[str]],
) -> Sequence[str | None]:
    whole = np.array([recording_of(name) for name in predictions.recording_ids], dtype=np.str_)
    return conflict_levels(
        replace(predictions, recording_ids=whole), conflict, participant_of, training
    )


def recording_of(name: str) -> str:
    """Return the recording of a row: rows of segments are named ``recording#place``."""
    return name.partition("#")[0]


def _attribute(predictions: Predictions, *, data: StudyData, attribute: str) -> list[str | None]:
    return [
        data.references[recording_of(name)].attributes.get(attribute)
        for name in predictions.recording_ids.tolist()
    ]
