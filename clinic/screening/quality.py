"""Quality of the input: each check has a threshold, a state and an effect on the answer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from clinic.errors import SetupError
from clinic.features.text.words import words_of
from clinic.records import (
    Extraction,
    Modality,
    QualityCheck,
    QualityState,
    Recording,
    Segment,
    stamp_of,
)
from clinic.records.stamp import Stamp
from clinic.screening.audio_quality import measure_audio


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """``good`` or better is good, ``poor`` or worse is poor, between them limited."""

    good: float
    poor: float

    def __post_init__(self) -> None:
        for limit in (self.good, self.poor):
            if isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 0:
                raise SetupError(f"threshold {limit!r}, a number from 0 on needed (quality)")

    @property
    def percent(self) -> "Threshold":
        """The same threshold for a share that is shown in percent."""
        return Threshold(good=100 * self.good, poor=100 * self.poor)

    def state(self, value: float) -> QualityState:
        """Judge one value; which direction is better follows from the two limits."""
        sign = 1.0 if self.good >= self.poor else -1.0
        if sign * value >= sign * self.good:
            return QualityState.GOOD
        return QualityState.POOR if sign * value <= sign * self.poor else QualityState.LIMITED


@dataclass(frozen=True, kw_only=True)
class QualityRules:
    """Thresholds of every quality check (``conf/quality``).

    Args:
        speech_s: Participant's speech in seconds.
        words: Participant's words.
        snr_db: Loud over quiet frames in dB.
        clipped_share: Share of clipped samples.
        face_share: Share of the sampled time with a usable face.
        sampling_rate_hz: Rate at which audio quality is measured.
    """

    speech_s: Threshold
    words: Threshold
    snr_db: Threshold
    clipped_share: Threshold
    face_share: Threshold
    sampling_rate_hz: int = 16_000

    def stamp(self) -> Stamp:
        """Provenance of the checks, thresholds included."""
        return replace(stamp_of(self), settings=asdict(self))

    def checks(
        self, recording: Recording, segments: Sequence[Segment], extractions: Sequence[Extraction]
    ) -> tuple[QualityCheck, ...]:
        """Check everything that is present; an absent modality has no check, it is an Absence."""
        speech_s = sum(s.duration_s for s in segments if s.origin != "window")
        checks = [
            _check(
                "Participant's speech",
                speech_s,
                "s",
                self.speech_s,
                "Little speech makes every voice and text measure uncertain.",
                "quality.speech_s",
            )
        ]
        if recording.transcript is not None:
            n_words = sum(len(words_of(s.text or "")) for s in segments)
            checks.append(
                _check(
                    "Participant's words",
                    float(n_words),
                    "words",
                    self.words,
                    "Few words make the text measures uncertain.",
                    "quality.words",
                )
            )
        if recording.audio is not None:
            checks += self._audio_checks(recording)
        face = next((e for e in extractions if e.segments.modality is Modality.FACE), None)
        if recording.video is not None and face is not None:
            checks.append(
                _check(
                    "Face visible",
                    100 * face_share(face, recording.duration_s),
                    "%",
                    self.face_share.percent,
                    "Where no face is seen, facial measures are left out.",
                    "quality.face_share",
                )
            )
        return tuple(checks)

    def _audio_checks(self, recording: Recording) -> list[QualityCheck]:
        assert recording.audio is not None
        audio = measure_audio(
            recording.audio,
            channel=recording.participant_channel,
            sampling_rate_hz=self.sampling_rate_hz,
        )
        return [
            _check(
                "Loud over quiet sound",
                audio.snr_db,
                "dB",
                self.snr_db,
                "Noise or reverberation shifts pitch, loudness and voice quality.",
                "quality.snr_db",
            ),
            _check(
                "Clipped sound",
                100 * audio.clipped_share,
                "%",
                self.clipped_share.percent,
                "Clipping distorts loudness and voice quality.",
                "quality.clipped_share",
            ),
        ]


def face_share(extraction: Extraction, duration_s: float) -> float:
    """Return the share of time with a usable face.

    Of the whole recording where frames were kept, else of the segments.
    """
    table = extraction.frames if extraction.frames is not None else extraction.segments
    if table.n_rows == 0:
        return 0.0
    if extraction.frames is not None:
        shown_s = float(table.end_s[-1] - table.start_s[0])
        return float(table.coverage.mean()) * min(1.0, shown_s / duration_s)
    return float(np.average(table.coverage, weights=table.end_s - table.start_s))


def _check(
    name: str, value: float, unit: str, threshold: Threshold, effect: str, setting: str
) -> QualityCheck:
    direction = "at least" if threshold.good >= threshold.poor else "at most"
    state = threshold.state(value)
    return QualityCheck(
        name=name,
        value=value,
        unit=unit,
        threshold=f"{direction} {threshold.good:g} {unit}",
        state=state,
        effect="" if state is QualityState.GOOD else effect,
        setting=setting,
    )
