"""Affect of words, voice and face on one clock: a fixed grid over the interview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.baseline import PersonalBaseline
from clinic.inconsistency.stamping import nested_stamp
from clinic.inconsistency.time.grid_cells import Cells, pooled
from clinic.inconsistency.time.tracks import AffectTracks, Track
from clinic.records import (
    OBSERVED_MODALITIES,
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    Segment,
    Stamp,
)

Floats = NDArray[np.float64]

#: Tracks of the grid, and what each says.
MEANINGS = {
    "text_valence": "how pleasant the words are",
    "text_arousal": "how stirring the words are",
    "voice_valence": "how pleasant the voice sounds",
    "voice_arousal": "how raised the voice is",
    "face_valence": "how pleasant the face looks",
    "face_arousal": "how much the face moves",
    "face_smile": "how strong the smile is",
}
CONFIDENCE = "_confidence"


@dataclass(frozen=True, kw_only=True)
class AffectGrid:
    """Puts all tracks on cells of equal length, in the person's own standard deviations.

    A cell that shows too little of a track is NaN: nothing is filled in. The spread is that of
    the person's own cells, so that fine and coarse grids, frames and utterances stand on one
    scale. ``<modality>_confidence`` is the part of the cell that was observed, each frame
    weighed by its own confidence (face) and each utterance by its coverage (words).

    Args:
        tracks: Makes the tracks.
        baseline: Person's own median and spread, here over cells.
        step_s: Length of a cell.
        min_share: Least part of a cell that must be observed.
    """

    tracks: AffectTracks
    baseline: PersonalBaseline
    step_s: float
    min_share: float

    def stamp(self) -> Stamp:
        """Provenance with the settings of the tracks."""
        return nested_stamp(self)

    def table(
        self,
        segments: Sequence[Segment],
        extractions: Sequence[Extraction],
        raw: Mapping[Modality, FeatureTable],
        *,
        floors: Mapping[str, float],
    ) -> FeatureTable:
        """Return one row a cell, from the container's zero to the last observation.

        Args:
            raw: Tables of the readers, for the words and for modalities without frames.
            floors: Least spread that counts as change by track (``text_valence``), in the
                reader's unit. A track without a floor is not put on the grid.

        Raises:
            SetupError: A frame table lacks a column that a setting names.
        """
        tracks = {n: t for n, t in self.tracks.of(extractions, raw).items() if n in floors}
        n_cells = self._n_cells(segments, tracks)
        cells = {name: self._cells(track, n_cells) for name, track in tracks.items()}
        nothing = np.full(n_cells, np.nan)
        columns = [
            self.baseline.scores(cells[name].values, floor=floors[name])
            if name in cells
            else nothing
            for name in MEANINGS
        ]
        share = np.zeros((len(OBSERVED_MODALITIES), n_cells))
        for row, modality in enumerate(OBSERVED_MODALITIES):
            own = [c for name, c in cells.items() if name.startswith(f"{modality.value}_")]
            columns.append(_highest([c.confidence for c in own], n_cells))
            share[row] = _highest([c.share for c in own], n_cells)
        start_s = self.step_s * np.arange(n_cells)
        return FeatureTable(
            name="affect_grid",
            modality=Modality.CROSS,
            row_kind="frame",
            specs=_SPECS,
            start_s=start_s,
            end_s=start_s + self.step_s,
            values=np.column_stack(columns),
            coverage=share.mean(axis=0),
            stamp=self.stamp(),
            notes=_notes(tracks),
        )

    def _cells(self, track: Track, n_cells: int) -> Cells:
        return pooled(track, n_cells=n_cells, step_s=self.step_s, min_share=self.min_share)

    def _n_cells(self, segments: Sequence[Segment], tracks: Mapping[str, Track]) -> int:
        ends = [s.end_s for s in segments] + [float(t.end_s[-1]) for t in tracks.values()
                                               if len(t.end_s)]  # fmt: skip
        # 1e-6: rounding of frame times must not open a cell.
        return int(np.ceil(max(ends, default=0.0) / self.step_s - 1e-6))


def _highest(columns: Sequence[Floats], n_cells: int) -> Floats:
    return np.max(columns, axis=0) if columns else np.zeros(n_cells)


def _notes(tracks: Mapping[str, Track]) -> tuple[str, ...]:
    coarse = sorted(
        {n.partition("_")[0] for n, t in tracks.items() if t.is_held} - {Modality.TEXT.value}
        - {n.partition("_")[0] for n, t in tracks.items() if not t.is_held}
    )  # fmt: skip
    return tuple(f"Grid: no frames of the {name}, its utterances are held." for name in coarse)


_SPECS = (
    *(
        FeatureSpec(
            name=name,
            unit="SD of this person",
            minimum=-np.inf,
            maximum=np.inf,
            source="docs/features/time.md",
            group="affect over time",
            meaning=meaning,
        )
        for name, meaning in MEANINGS.items()
    ),
    *(
        FeatureSpec(
            name=f"{modality.value}{CONFIDENCE}",
            unit="1",
            minimum=0.0,
            maximum=1.0,
            source="docs/features/time.md",
            group="affect over time",
            meaning=f"part of the cell in which the {modality.value} was read, by its confidence",
        )
        for modality in OBSERVED_MODALITIES
    ),
)
