"""Interviews by formula: a voice and a face that follow one course, one of them later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from clinic.inconsistency import AffectTracks
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

Floats = NDArray[np.float64]

FACE_HZ, VOICE_HZ = 10.0, 100.0


@dataclass(frozen=True, kw_only=True)
class Courses:
    """Draws interviews whose arousal is a random course with a memory of about a second.

    Args:
        memory_s: Time after which the course has forgotten all but 37 % of itself.
        utterance_s, pause_s: Least and longest utterance and pause, drawn evenly.
        voiced_share: Share of voice frames that sound.
    """

    memory_s: float
    utterance_s: tuple[float, float]
    pause_s: tuple[float, float]
    voiced_share: float

    def course(self, random: np.random.Generator, n: int) -> Floats:
        """Return n steps of 0.1 s, standard deviation 1."""
        kept = float(np.exp(-1.0 / (self.memory_s * FACE_HZ)))
        noise = random.normal(size=n + 200) * np.sqrt(1 - kept**2)
        return np.asarray(lfilter([1.0], [1.0, -kept], noise))[200:]

    def segments(self, random: np.random.Generator, duration_s: float) -> tuple[Segment, ...]:
        """Return utterances and pauses by turns."""
        segments: list[Segment] = []
        start_s = float(random.uniform(*self.pause_s))
        while True:
            end_s = start_s + float(random.uniform(*self.utterance_s))
            if end_s > duration_s:
                return tuple(segments)
            segments.append(
                Segment(index=len(segments), start_s=start_s, end_s=end_s,
                        speaker=Role.PARTICIPANT, origin="voice")
            )  # fmt: skip
            start_s = end_s + float(random.uniform(*self.pause_s))

    def voice(
        self,
        random: np.random.Generator,
        course: Floats,
        segments: Sequence[Segment],
        tracks: AffectTracks,
    ) -> Extraction:
        """Return frames in which every cue of the tracks follows the course, each with noise."""
        time_s = np.arange(int(len(course) * VOICE_HZ / FACE_HZ)) / VOICE_HZ
        spoken = np.zeros(len(time_s), dtype=bool)
        for segment in segments:
            first, last = (round(t * VOICE_HZ) for t in (segment.start_s, segment.end_s))
            spoken[first:last] = True
        level = np.repeat(course, int(VOICE_HZ / FACE_HZ))[spoken]
        sounds = random.uniform(size=len(level)) < self.voiced_share
        columns = {
            cue.column: np.sign(cue.weight)
            * 20
            * cue.floor
            * (level + random.normal(size=len(level)))
            for cue in tracks.voice_cues.values()
        }
        columns[tracks.voiced] = np.where(sounds, columns[tracks.voiced], np.nan)
        return _extraction(tracks.voice_table, Modality.VOICE, columns, time_s[spoken], VOICE_HZ)

    def face(self, course: Floats, tracks: AffectTracks, segments: Sequence[Segment]) -> Extraction:
        """Return frames in which the smile follows the course, with a table of utterance means."""
        if tracks.face is None:
            raise AssertionError("tracks without a face")
        smile = np.clip(0.6 + 0.15 * course, 0.0, 1.5)
        columns = {au: np.zeros(len(course)) for au in tracks.face.trusted} | {"AU12": smile}
        frames = _extraction(
            tracks.face.table, Modality.FACE, columns, np.arange(len(course)) / FACE_HZ, FACE_HZ
        )
        starts, ends = (
            np.array([getattr(s, key) for s in segments]) for key in ("start_s", "end_s")
        )
        means = {}
        for au, values in columns.items():
            total = np.r_[0.0, np.cumsum(values)]
            first, last = (np.round(edge * FACE_HZ).astype(int) for edge in (starts, ends))
            means[tracks.face.column.format(au=au)] = (total[last] - total[first]) / (last - first)
        table = _table(tracks.face.table, Modality.FACE, means, starts, ends, "segment")
        return Extraction(segments=table, frames=frames.frames)


def _extraction(
    name: str, modality: Modality, columns: Mapping[str, Floats], start_s: Floats, rate_hz: float
) -> Extraction:
    frames = _table(name, modality, columns, start_s, start_s + 1.0 / rate_hz, "frame")
    empty = {"none": np.empty(0)}
    return Extraction(
        segments=_table(name, modality, empty, np.empty(0), np.empty(0), "segment"), frames=frames
    )


def _table(
    name: str,
    modality: Modality,
    columns: Mapping[str, Floats],
    start_s: Floats,
    end_s: Floats,
    row_kind: str,
) -> FeatureTable:
    return FeatureTable(
        name=name,
        modality=modality,
        row_kind=row_kind,
        specs=tuple(
            FeatureSpec(name=column, unit="1", minimum=-np.inf, maximum=np.inf,
                        source="formula", group="made", meaning="made by formula")
            for column in columns
        ),
        start_s=start_s,
        end_s=end_s,
        values=np.column_stack(list(columns.values())),
        coverage=np.ones(len(start_s)),
        stamp=Stamp(component="clinic.validation.timing.courses", version="1", settings={}),
    )  # fmt: skip
