"""eGeMAPSv02 of the participant's speech: 88 functionals a segment, descriptors every 10 ms."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log10

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.features.speech.egemaps_columns import (
    descriptor_specs,
    functional_specs,
    needs_sound,
    needs_unvoiced,
    needs_voice,
)
from clinic.features.speech.listening import (
    audio_of,
    participant_speech,
    voice_table,
)
from clinic.features.speech.opensmile_engine import FRAME_STEP_S, Measured, OpenSmileEngine
from clinic.records import (
    Extraction,
    FeatureSpec,
    FeatureTable,
    Modality,
    Recording,
    Segment,
    Stamp,
    stamp_of,
)

LICENCE = "audEERING research licence: non-commercial use only (openSMILE)"

_FUNCTIONALS = functional_specs()
_DESCRIPTORS = descriptor_specs()
_VOICED = np.array([needs_voice(spec.name) for spec in _FUNCTIONALS])
_UNVOICED = np.array([needs_unvoiced(spec.name) for spec in _FUNCTIONALS])
_SOUND = np.array([needs_sound(spec.name) for spec in _FUNCTIONALS])
#: openSMILE writes 0 where a contour never rises or falls, or a kind of stretch never occurs.
_ZERO_IS_NONE = np.array(
    [spec.name.endswith("Slope") or "SegmentLength" in spec.name for spec in _FUNCTIONALS]
)
_LEVEL = len(_FUNCTIONALS) - 1
_PITCH_FRAME = next(i for i, s in enumerate(_DESCRIPTORS) if s.group == "pitch")
_VOICED_FRAME = np.array([needs_voice(spec.name) for spec in _DESCRIPTORS])


@dataclass(frozen=True, kw_only=True)
class EGeMAPS:
    """openSMILE's eGeMAPSv02, with NaN where openSMILE writes 0 for "not there".

    Args:
        min_segment_s: A shorter segment is not measured.
        min_voiced_share: With a smaller share of voiced frames, the columns that describe
            voiced sound are not observed and the row's coverage is 0.
        descriptors: Names of low-level descriptors to keep as a frame table, ``["all"]`` for
            all 25, empty for none. They cost memory (8 bytes x 100 a second each), not time.
        sampling_rate_hz: All recordings are brought to this rate, so that they compare.

    Source:
        Eyben et al. (2016), doi:10.1109/TAFFC.2015.2457417.
    """

    min_segment_s: float
    min_voiced_share: float
    descriptors: Sequence[str]
    sampling_rate_hz: int
    name: str = "egemaps"

    def __post_init__(self) -> None:
        names = [spec.name for spec in _DESCRIPTORS]
        for wish in self.descriptors:
            if wish != "all" and wish not in names:
                raise SetupError(
                    f"egemaps: descriptor {wish!r} is unknown, 'all' or some of "
                    f"{', '.join(names)} needed (descriptors)"
                )
        _ = self._engine

    @property
    def modality(self) -> Modality:
        """Read from the voice."""
        return Modality.VOICE

    @cached_property
    def _engine(self) -> OpenSmileEngine:
        return OpenSmileEngine(sampling_rate_hz=self.sampling_rate_hz)

    @cached_property
    def _kept(self) -> NDArray[np.intp]:
        if "all" in self.descriptors:
            return np.arange(len(_DESCRIPTORS))
        return np.array(
            [i for i, spec in enumerate(_DESCRIPTORS) if spec.name in self.descriptors], dtype=int
        )

    def specs(self) -> tuple[FeatureSpec, ...]:
        """The 88 functionals."""
        return _FUNCTIONALS

    def stamp(self) -> Stamp:
        """Provenance, with openSMILE's version and licence."""
        return stamp_of(self, distribution="opensmile", licence=LICENCE)

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Measure each segment of the participant's speech.

        Raises:
            DataError: The recording has no audio, or it cannot be read.
        """
        values = np.full((len(segments), len(_FUNCTIONALS)), np.nan)
        coverage = np.zeros(len(segments))
        frames: list[tuple[float, NDArray[np.float64]]] = []
        n_short = n_unvoiced = 0
        largest_cut_db = 0.0
        for stretch in participant_speech(
            recording, segments, sampling_rate_hz=self.sampling_rate_hz
        ):
            if len(stretch.samples) < self.min_segment_s * self.sampling_rate_hz:
                n_short += 1
                continue
            measured = self._engine.measure(stretch.samples)
            if measured is None:
                n_short += 1
                continue
            voiced_share = float(np.mean(measured.descriptors[:, _PITCH_FRAME] > 0))
            is_voiced = voiced_share >= self.min_voiced_share
            n_unvoiced += not is_voiced
            values[stretch.row] = _observed_functionals(measured, is_voiced, voiced_share)
            coverage[stretch.row] = stretch.share * is_voiced
            largest_cut_db = max(largest_cut_db, -20 * log10(measured.gain))
            if len(self._kept):
                contours = _observed_descriptors(measured)[:, self._kept]
                frames.append((stretch.start_s, contours))
        notes = self._notes(recording, n_short, n_unvoiced, largest_cut_db)
        stamp = self.stamp()
        table = voice_table(
            name=self.name,
            specs=_FUNCTIONALS,
            segments=segments,
            values=values,
            coverage=coverage,
            stamp=stamp,
            notes=notes,
        )
        return Extraction(segments=table, frames=self._frame_table(frames, stamp))

    def _frame_table(
        self, frames: Sequence[tuple[float, NDArray[np.float64]]], stamp: Stamp
    ) -> FeatureTable | None:
        """Join the frames of all segments; frame k of a segment starts k * 10 ms into it."""
        if not len(self._kept):
            return None
        specs = tuple(_DESCRIPTORS[i] for i in self._kept)
        values = np.vstack([np.empty((0, len(specs)))] + [contours for _, contours in frames])
        start_s = np.concatenate(
            [np.empty(0)] + [start + np.arange(len(c)) * FRAME_STEP_S for start, c in frames]
        )
        return FeatureTable(
            name=f"{self.name}_frames",
            modality=Modality.VOICE,
            row_kind="frame",
            specs=specs,
            start_s=start_s,
            end_s=start_s + FRAME_STEP_S,
            values=values,
            coverage=np.mean(np.isfinite(values), axis=1),
            stamp=stamp,
        )

    def _notes(
        self, recording: Recording, n_short: int, n_unvoiced: int, largest_cut_db: float
    ) -> tuple[str, ...]:
        notes = []
        if n_short:
            notes.append(
                f"{n_short} segments hold less than {self.min_segment_s:g} s of sound and were "
                "not measured (min_segment_s)"
            )
        if n_unvoiced:
            notes.append(
                f"{n_unvoiced} segments are voiced for less than {self.min_voiced_share:.0%} of "
                "their time: pitch and voice quality not observed (min_voiced_share)"
            )
        # 0.01 dB: a peak of exactly full scale is scaled by 0.0003 dB, which nobody can hear.
        if largest_cut_db > 0.01:
            notes.append(
                "samples beyond full scale: segments were turned down before measuring, by "
                f"{largest_cut_db:.2f} dB at most; their loudness columns are lower for it"
            )
        rate_hz = audio_of(recording).sampling_rate_hz
        if rate_hz < self.sampling_rate_hz:
            notes.append(
                f"recorded at {rate_hz} Hz: spectral columns hold nothing above "
                f"{rate_hz / 2000:g} kHz and do not compare with wide-band recordings"
            )
        return tuple(notes)


def _observed_functionals(
    measured: Measured, is_voiced: bool, voiced_share: float
) -> NDArray[np.float64]:
    """Replace openSMILE's zeros for "not there" by NaN, and undo the gain on the level."""
    values = measured.functionals.copy()
    if not is_voiced:
        values[_VOICED] = np.nan
    if voiced_share == 1.0:
        values[_UNVOICED] = np.nan
    if measured.is_silent:
        values[_SOUND] = np.nan
    values[_ZERO_IS_NONE & (values == 0)] = np.nan
    values[_LEVEL] -= 20 * log10(measured.gain)
    values[~np.isfinite(values)] = np.nan
    return values


def _observed_descriptors(measured: Measured) -> NDArray[np.float64]:
    """Replace zeros of unvoiced frames by NaN, shape (n_frames, 25)."""
    values = measured.descriptors.copy()
    unvoiced = values[:, _PITCH_FRAME] <= 0
    values[np.ix_(unvoiced, _VOICED_FRAME)] = np.nan
    # openSMILE leaves exact zeros out of its own averages of these contours ("nz").
    values[:, _VOICED_FRAME] = np.where(
        values[:, _VOICED_FRAME] == 0, np.nan, values[:, _VOICED_FRAME]
    )
    if measured.is_silent:
        spectral = [needs_sound(spec.name) for spec in _DESCRIPTORS]
        values[:, spectral] = np.nan
    values[~np.isfinite(values)] = np.nan
    return values
