"""Affect over time: tracks of voice and face from frames, of the words from utterances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.baseline import PersonalBaseline
from clinic.inconsistency.readers.face_affect import ActionUnitAffect
from clinic.inconsistency.readers.voice_arousal import Cue
from clinic.records import Extraction, FeatureTable, Modality

Floats = NDArray[np.float64]

#: Columns of the face that are followed over time.
FACE_TRACKS = ("valence", "arousal", "smile")


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """One reading over time, on the container's clock.

    Args:
        name: Such as ``voice_arousal``.
        start_s, end_s: Shape (n,), starts rising. Stretches may leave gaps.
        values: Shape (n,), NaN = not observed.
        confidence: Shape (n,), in [0, 1].
        is_held: One value over an utterance, rather than frames.
    """

    name: str
    start_s: Floats
    end_s: Floats
    values: Floats
    confidence: Floats
    is_held: bool


@dataclass(frozen=True, kw_only=True)
class AffectTracks:
    """Makes tracks from the frame tables that the features stage kept.

    The voice is the weighted mean of the cues' robust z scores over this person's own voiced
    frames; pauses and voiceless sounds are not observed. The face is read from every frame with
    the weights that also read utterances. A modality without frames is held over utterances,
    as the words always are.

    Args:
        face: Reader of the face, None where it is not read.
        voice_table: Name of the component that measures the voice.
        voice_cues: Frame columns, weights and floors, by name.
        voiced: Frame column that is NaN where the voice does not sound.
        min_cue_share: Share of the total weight that must be observed in a frame.
        baseline: Person's own median and spread, here over frames.
    """

    face: ActionUnitAffect | None
    voice_table: str
    voice_cues: Mapping[str, Cue]
    voiced: str
    min_cue_share: float
    baseline: PersonalBaseline

    def of(
        self,
        extractions: Sequence[Extraction],
        raw: Mapping[Modality, FeatureTable] | None = None,
    ) -> dict[str, Track]:
        """Return tracks by name; those of frames win over those of utterances.

        Args:
            raw: Tables of the readers, for the words and for what has no frames.

        Raises:
            SetupError: A frame table lacks a column that a setting names.
        """
        tracks = {track.name: track for table in (raw or {}).values() for track in held(table)}
        framed = [*self._voice(extractions), *self._face(extractions)]
        return tracks | {track.name: track for track in framed}

    def _voice(self, extractions: Sequence[Extraction]) -> list[Track]:
        frames = _frames(extractions, self.voice_table)
        if frames is None:
            return []
        for column in (self.voiced, *(cue.column for cue in self.voice_cues.values())):
            if column not in frames.columns:
                raise SetupError(f"frames of {self.voice_table} have no column {column} (tracks)")
        voiced = np.isfinite(frames.column(self.voiced))
        scores = np.column_stack(
            [
                np.sign(cue.weight) * self.baseline.scores(values, floor=cue.floor)
                for cue in self.voice_cues.values()
                for values in (np.where(voiced, frames.column(cue.column), np.nan),)
            ]
        )
        sizes = np.array([abs(cue.weight) for cue in self.voice_cues.values()])
        seen = np.isfinite(scores) @ sizes
        enough = seen >= self.min_cue_share * sizes.sum()
        total = np.where(np.isfinite(scores), scores, 0.0) @ sizes
        arousal = np.where(enough, total / np.where(enough, seen, 1.0), np.nan)
        return [_track("voice_arousal", frames, arousal, enough.astype(np.float64))]

    def _face(self, extractions: Sequence[Extraction]) -> list[Track]:
        if self.face is None or self.face.withheld(extractions) is not None:
            return []
        frames = _frames(extractions, self.face.table)
        if frames is None:
            return []
        columns = self.face.columns(frames, column="{au}")
        trusted = frames.column("confidence") if "confidence" in frames.columns else frames.coverage
        trust = np.nan_to_num(trusted)
        return [_track(f"face_{name}", frames, columns[name], trust) for name in FACE_TRACKS]


def held(table: FeatureTable) -> list[Track]:
    """Return the readings of one modality, each held over its utterance."""
    return [
        Track(
            name=f"{table.modality.value}_{name}",
            start_s=table.start_s,
            end_s=table.end_s,
            values=table.column(name),
            confidence=table.coverage,
            is_held=True,
        )
        for name in ("valence", "arousal", "smile")
        if name in table.columns
    ]


def _frames(extractions: Sequence[Extraction], name: str) -> FeatureTable | None:
    found = next((e.frames for e in extractions if e.segments.name == name), None)
    return found if found is not None and found.n_rows else None


def _track(name: str, frames: FeatureTable, values: Floats, confidence: Floats) -> Track:
    order = np.argsort(frames.start_s, kind="stable")
    return Track(
        name=name,
        start_s=frames.start_s[order],
        end_s=frames.end_s[order],
        values=values[order],
        confidence=confidence[order],
        is_held=False,
    )
