"""Voice and expression out of step: facial apexes that come early or late for this person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.baseline import PersonalBaseline
from clinic.inconsistency.stamping import nested_stamp
from clinic.inconsistency.time.grid_cells import pooled
from clinic.inconsistency.time.lags_correlation import smoothed
from clinic.inconsistency.time.tracks import AffectTracks, Track
from clinic.records import Extraction, FeatureSpec, Segment, Stamp

Floats = NDArray[np.float64]

COLUMN = "expression_out_of_step"


@dataclass(frozen=True, kw_only=True)
class OutOfStep:
    """How unusual, for this person, the delay between vocal emphasis and facial apex is.

    Per utterance: emphasis = highest point of the smoothed voice track; apex = highest point of
    the smoothed face track within ``reach_s`` of it. Both must stand out of the person's own
    course (``min_height_sd``) and the apex must rise and fall within the reach. With
    ``d`` = apex - emphasis in seconds the value is ``|d - median(d)| / max(1.4826 MAD(d),
    floor_s)``. A usual delay, however long, is thus no sign; a person whose delays are all over
    the place has no utterance that stands out.

    Args:
        tracks: Makes the tracks.
        voice, face: Names of the tracks, such as ``voice_arousal`` and ``face_arousal``.
        step_s: Resolution of a delay.
        smooth_s: Moving mean over both tracks.
        reach_s: How far from the emphasis an apex is looked for.
        min_height_sd: How far a peak must stand above the person's median.
        face_floor: Least spread of the face track that counts as movement, in its own unit.
        voice_floor: The same for the voice track.
        floor_s: Least spread of the delays.
        baseline: Person's own median and spread, and the least number of delays.

    Source:
        Felt and deliberate expressions differ in timing: Ekman & Friesen (1982),
        doi:10.1007/BF00987191; Cohn & Schmidt (2004), doi:10.1142/S021969130400041X. That
        an expression which follows the words late is less likely felt is a clinical rule
        (Ekman 1985, Telling Lies, chapter 5); the formula is ours and was not tested on people.
    """

    tracks: AffectTracks
    voice: str
    face: str
    step_s: float
    smooth_s: float
    reach_s: float
    min_height_sd: float
    face_floor: float
    voice_floor: float
    floor_s: float
    baseline: PersonalBaseline

    def specs(self) -> tuple[FeatureSpec, ...]:
        """One column."""
        return (
            FeatureSpec(
                name=COLUMN,
                unit="SD of this person",
                minimum=0.0,
                maximum=np.inf,
                source="Cohn & Schmidt (2004), doi:10.1142/S021969130400041X",
                group="expression over time",
                meaning="how unusual the delay between vocal emphasis and facial apex is",
            ),
        )

    def stamp(self) -> Stamp:
        """Provenance with the settings of the tracks."""
        return nested_stamp(self)

    def values(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> Floats:
        """Return shape (n_segments, 1), NaN without a clear emphasis and apex.

        Raises:
            SetupError: A frame table lacks a column that a setting names.
        """
        delays = self.delays_s(segments, extractions)
        return np.abs(self.baseline.scores(delays, floor=self.floor_s))[:, None]

    def delays_s(self, segments: Sequence[Segment], extractions: Sequence[Extraction]) -> Floats:
        """Return the delay from vocal emphasis to facial apex, shape (n_segments,), in seconds."""
        tracks = self.tracks.of(extractions)
        delays = np.full(len(segments), np.nan)
        if self.voice not in tracks or self.face not in tracks:
            return delays
        voice = self._course(tracks[self.voice], self.voice_floor, segments)
        face = self._course(tracks[self.face], self.face_floor, segments)
        for row, segment in enumerate(segments):
            first, last = (round(t / self.step_s) for t in (segment.start_s, segment.end_s))
            emphasis = self._peak(voice, first, last)
            if emphasis is None:
                continue
            reach = round(self.reach_s / self.step_s)
            start, end = max(emphasis - reach, 0), emphasis + reach + 1
            apex = self._peak(face, start, end)
            if apex is not None and start < apex < min(end, len(face)) - 1:
                delays[row] = (apex - emphasis) * self.step_s
        return delays

    def shortage(
        self, segments: Sequence[Segment], extractions: Sequence[Extraction]
    ) -> tuple[str, str]:
        """Say which frames are missing, or that too few utterances have both peaks."""
        reason = None if self.tracks.face is None else self.tracks.face.withheld(extractions)
        if reason is not None:
            return "withheld", reason
        tracks = self.tracks.of(extractions)
        missing = [name for name in (self.voice, self.face) if name not in tracks]
        if missing:
            return "absent", f"No frames of {missing[0]}: frames of voice and face are needed."
        n_clear = int(np.isfinite(self.delays_s(segments, extractions)).sum())
        return "too_little", (
            f"{n_clear} utterances with a clear vocal emphasis and a clear facial apex, "
            f"{self.baseline.min_segments} needed (min_segments)."
        )

    def _course(self, track: Track, floor: float, segments: Sequence[Segment]) -> Floats:
        """Return the smoothed track in the person's SD, one value a step."""
        end_s = max([float(track.end_s.max(initial=0.0)), *(s.end_s for s in segments)])
        n_cells = int(np.ceil(end_s / self.step_s)) + 1
        cells = pooled(track, n_cells=n_cells, step_s=self.step_s, min_share=0.0)
        width = max(1, round(self.smooth_s / self.step_s))
        # Without a limit: a cut-off peak is a plateau, and its first step is not its highest.
        uncut = replace(self.baseline, limit_sd=np.inf)
        return uncut.scores(smoothed(cells.values, width=width), floor=floor)

    def _peak(self, course: Floats, first: int, last: int) -> int | None:
        """Return the place of the highest value where it stands out, else None."""
        part = course[first:last]
        if not np.isfinite(part).any():
            return None
        place = int(np.nanargmax(part))
        return first + place if part[place] >= self.min_height_sd else None
