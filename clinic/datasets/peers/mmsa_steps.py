"""Steps of one utterance without their padding, and rows that all modalities share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.datasets.pooling import Pooler, pool
from clinic.errors import DataError
from clinic.records import Case, FeatureTable, Role, Segment, Transcript

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Steps:
    """Observed steps of one modality.

    Args:
        values: Shape (n_steps, n_features), NaN where nothing was observed.
    """

    values: Floats
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StepPooler(Pooler):
    """Makes cases whose rows are the steps of the file."""

    def case(
        self,
        *,
        recording_id: str,
        participant_id: str,
        transcript: Transcript | None,
        tables: Sequence[FeatureTable],
    ) -> Case:
        """Return the steps as rows.

        Where the modalities have different numbers of steps, all are taken to span the same
        stretch, and the longer ones are averaged to the steps of the shortest.

        Raises:
            DataError: No modality has a step.
        """
        del transcript
        with_steps = [table for table in tables if table.n_rows]
        if not with_steps:
            raise DataError("no modality has a step that is not padding")
        clock = min(with_steps, key=lambda table: table.n_rows)
        segments = tuple(
            Segment(index=i, start_s=a, end_s=b, speaker=Role.UNKNOWN, origin="step")
            for i, (a, b) in enumerate(
                zip(clock.start_s.tolist(), clock.end_s.tolist(), strict=True)
            )
        )
        return Case(
            recording_id=recording_id,
            participant_id=participant_id,
            segments=segments,
            tables=tuple(_on(table, segments) for table in tables),
        )


def steps_of(arrays: Mapping[str, Any], part: Mapping[str, Any], row: int) -> dict[str, Steps]:
    """Return each modality's steps of one utterance.

    Padding is what lies beyond ``audio_lengths`` and ``vision_lengths``, for text beyond the
    mask of ``text_bert``. Where the file gives no length, steps in which every column is 0 at
    either end are padding; in an aligned file those where every modality is 0. Other steps of
    zeros were not observed: NaN. A file that we wrote holds a mask for each value instead.

    Raises:
        DataError: A length beyond the array.
    """
    values = {kind: np.array(array[row], dtype=np.float64) for kind, array in arrays.items()}
    masks = {kind: part.get(f"{kind}_observed") for kind in values}
    empty = {kind: np.all(found == 0, axis=1) for kind, found in values.items()}
    kept = _kept(values, empty, part, row)
    steps = {}
    for kind, found in values.items():
        found[~np.isfinite(found)] = np.nan
        mask = masks[kind]
        if mask is not None:
            found[~np.asarray(mask[row], dtype=np.bool_)] = np.nan
        else:
            found[empty[kind]] = np.nan
        n_padding = len(found) - int(kept[kind].sum())
        notes = (f"{n_padding} of {len(found)} steps are padding",) if n_padding else ()
        steps[kind] = Steps(values=found[kept[kind]], notes=notes)
    return steps


def _kept(
    values: Mapping[str, Floats],
    empty: Mapping[str, NDArray[np.bool_]],
    part: Mapping[str, Any],
    row: int,
) -> dict[str, NDArray[np.bool_]]:
    """Tell for each modality which steps are no padding."""
    lengths = {kind: _length(part, kind, row) for kind in values}
    n_steps = {kind: len(found) for kind, found in values.items()}
    too_long = [k for k, n in lengths.items() if n is not None and not 0 <= n <= n_steps[k]]
    if too_long:
        kind = too_long[0]
        raise DataError(f"{kind} has {lengths[kind]} steps by its length, {n_steps[kind]} in all")
    told = {n for kind, n in lengths.items() if n is not None and kind != "text"}
    if len(set(n_steps.values())) == 1 and len(told) < 2:
        # An aligned file: the mask of text_bert counts marks of begin and end, which are no steps.
        padding = np.logical_and.reduce(list(empty.values()))
        ends = np.arange(len(padding)) < told.pop() if told else _between_ends(padding)
        return dict.fromkeys(values, ends)
    return {
        kind: _between_ends(empty[kind]) if n is None else np.arange(n_steps[kind]) < n
        for kind, n in lengths.items()
    }


def _length(part: Mapping[str, Any], kind: str, row: int) -> int | None:
    if part.get(f"{kind}_lengths") is not None:
        return int(np.asarray(part[f"{kind}_lengths"]).ravel()[row])
    tokens = part.get("text_bert")
    if kind != "text" or tokens is None or np.ndim(tokens) != 3:
        return None
    # text_bert is (utterances, 3, steps): token ids, mask, sentence ids.
    return int(np.asarray(tokens[row][1]).sum()) if np.shape(tokens)[1] == 3 else None


def _between_ends(padding: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep everything from the first to the last step that is no padding."""
    full = np.flatnonzero(~padding)
    kept = np.zeros(len(padding), dtype=np.bool_)
    if len(full):
        kept[full[0] : full[-1] + 1] = True
    return kept


def _on(table: FeatureTable, segments: Sequence[Segment]) -> FeatureTable:
    """Return a table on the shared rows: the same values, or averages."""
    n_rows = len(segments)
    starts = np.array([segment.start_s for segment in segments])
    ends = np.array([segment.end_s for segment in segments])
    if table.n_rows == n_rows:
        return replace(table, row_kind="segment", start_s=starts, end_s=ends)
    if not table.n_rows:
        return replace(
            table,
            row_kind="segment",
            start_s=starts,
            end_s=ends,
            values=np.full((n_rows, len(table.specs)), np.nan),
            coverage=np.zeros(n_rows),
            notes=(*table.notes, "nothing observed"),
        )
    edges = np.linspace(starts[0], ends[-1], table.n_rows + 1)
    pooled = pool(replace(table, start_s=edges[:-1], end_s=edges[1:]), segments)
    return replace(
        pooled,
        specs=table.specs,
        values=pooled.values[:, ::2],  # means; every second column is their spread
        notes=(*table.notes, f"{table.n_rows} steps averaged to {n_rows}"),
    )
