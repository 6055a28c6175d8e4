"""Timing of speech: pauses inside a turn, rate, time to answer, speaking at the same time."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan

import numpy as np

from clinic.features.speech.floor_transfer import Turns
from clinic.features.speech.levels import LevelTrack, level_track
from clinic.features.speech.listening import audio_of, voice_table
from clinic.features.speech.pausing import find_pauses
from clinic.features.speech.syllables import count_syllables
from clinic.features.text.language import language_notes
from clinic.features.text.words import words_of
from clinic.records import (
    Extraction,
    FeatureSpec,
    Modality,
    Recording,
    Segment,
    Stamp,
    stamp_of,
)

PAUSES = "de Jong & Wempe (2009), doi:10.3758/BRM.41.2.385"
RATE = "Goldman-Eisler (1968), Psycholinguistics: Experiments in spontaneous speech"
TURNS = "Heldner & Edlund (2010), doi:10.1016/j.wocn.2010.08.002"

#: Share of the recording that must be silent before a pause can be told from background.
_LEAST_SILENCE = 0.01


@dataclass(frozen=True, kw_only=True)
class TurnTaking:
    """Pauses, rate and turn-taking of each participant segment.

    A frame of 10 ms is silent where it lies ``silence_below_speech_db`` below the
    participant's speech level, the 99th percentile over all of the segments' frames.

    Args:
        silence_below_speech_db: Distance between speech and silence, in dB.
        min_pause_s: A shorter silence belongs to articulation.
        min_words: With fewer words, no rate: its error would exceed its meaning.
        max_latency_s: A longer gap after a question is no answer to it.
        syllable_languages: Languages whose syllables the rule can count.
    """

    silence_below_speech_db: float
    min_pause_s: float
    min_words: int
    max_latency_s: float
    syllable_languages: Sequence[str]
    name: str = "turn_taking"

    @property
    def modality(self) -> Modality:
        """Read from the voice; rates and turn-taking need a transcript as well."""
        return Modality.VOICE

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Thirteen columns in three groups: pausing, speech rate, turn-taking."""
        return _SPECS

    def stamp(self) -> Stamp:
        """Provenance."""
        return stamp_of(self)

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Time each segment.

        Raises:
            DataError: The recording has no audio, or it cannot be read.
        """
        audio = audio_of(recording)
        track = level_track(recording)
        silence_dbfs, notes = self._silence_dbfs(track, segments)
        transcript = recording.transcript
        turns = Turns(transcript) if transcript is not None and transcript.has_speakers else None
        if transcript is None:
            notes += ("no transcript: speech rate and time to answer not observed",)
        elif turns is None:
            notes += (
                "the transcript does not tell speakers apart: time to answer and overlap "
                "not observed",
            )
        has_syllables, language = language_notes(recording, self.syllable_languages, segments)
        if transcript is not None:
            notes += tuple(f"syllables: {note}" for note in language)

        values = np.full((len(segments), len(_SPECS)), nan)
        coverage = np.zeros(len(segments))
        for row, segment in enumerate(segments):
            first_s = max(segment.start_s, audio.start_s)
            last_s = min(segment.end_s, audio.start_s + audio.duration_s)
            coverage[row] = min(1.0, max(0.0, last_s - first_s) / segment.duration_s)
            if not np.isfinite(track.level_dbfs[track.frames(first_s, last_s)]).any():
                coverage[row] = 0.0
                continue
            pausing = _Pausing()
            if silence_dbfs is not None:
                pausing = self._pausing(track, segment, silence_dbfs)
            words = words_of(segment.text or "")
            values[row] = [
                *pausing.columns,
                *self._rates(segment, words, pausing.speech_s, has_syllables),
                segment.duration_s,
                *self._turn(turns, segment),
            ]
        table = voice_table(
            name=self.name,
            specs=_SPECS,
            segments=segments,
            values=values,
            coverage=coverage,
            stamp=self.stamp(),
            notes=notes,
        )
        return Extraction(segments=table)

    def _silence_dbfs(
        self, track: LevelTrack, segments: Sequence[Segment]
    ) -> tuple[float | None, tuple[str, ...]]:
        """Return the level below which a frame is silent, None where nothing tells."""
        spoken = [track.level_dbfs[track.frames(s.start_s, s.end_s)] for s in segments]
        heard = np.concatenate([np.empty(0), *spoken])
        heard = heard[np.isfinite(heard)]
        if not len(heard):
            return None, ("no sound in any segment: pauses not observed",)
        silence_dbfs = float(np.percentile(heard, 99)) - self.silence_below_speech_db
        if np.mean(track.level_dbfs < silence_dbfs) < _LEAST_SILENCE:
            note = (
                f"the background is never {self.silence_below_speech_db:g} dB below speech: "
                "pauses not observed (silence_below_speech_db)"
            )
            return None, (note,)
        return silence_dbfs, ()

    def _pausing(self, track: LevelTrack, segment: Segment, silence_dbfs: float) -> "_Pausing":
        levels = track.level_dbfs[track.frames(segment.start_s, segment.end_s)]
        if not len(levels):
            return _Pausing()
        pauses = find_pauses(levels, silence_dbfs=silence_dbfs, min_pause_s=self.min_pause_s)
        if pauses.span_s == 0:
            return _Pausing(columns=(nan, nan, nan, nan, 0.0))
        lengths_s = pauses.lengths_s
        return _Pausing(
            columns=(
                pauses.total_s / pauses.span_s,
                float(lengths_s.mean()) if len(lengths_s) else nan,
                float(lengths_s.max()) if len(lengths_s) else 0.0,
                60 * len(lengths_s) / pauses.span_s,
                pauses.speech_share,
            ),
            speech_s=pauses.span_s - pauses.total_s,
        )

    def _rates(
        self, segment: Segment, words: Sequence[str], speech_s: float, has_syllables: bool
    ) -> tuple[float, float, float]:
        """Return words and syllables per second of turn, and syllables per second of speech."""
        if len(words) < max(1, self.min_words):
            return nan, nan, nan
        n_syllables = sum(map(count_syllables, words)) if has_syllables else nan
        return (
            len(words) / segment.duration_s,
            n_syllables / segment.duration_s,
            n_syllables / speech_s if speech_s > 0 else nan,
        )

    def _turn(self, turns: Turns | None, segment: Segment) -> tuple[float, float, float, float]:
        """Return own gap, latency, overlap share and whether the segment starts in overlap."""
        if turns is None:
            return nan, nan, nan, nan
        latency_s = turns.response_latency_s(segment)
        return (
            turns.own_gap_s(segment),
            latency_s if abs(latency_s) <= self.max_latency_s else nan,
            turns.overlap_share(segment),
            float(turns.starts_in_overlap(segment)),
        )


@dataclass(frozen=True, kw_only=True)
class _Pausing:
    """Five pausing columns, and the time spent speaking; NaN where not observed."""

    columns: tuple[float, float, float, float, float] = (nan, nan, nan, nan, nan)
    speech_s: float = nan


def _spec(
    name: str, unit: str, low: float, high: float, group: str, source: str, meaning: str
) -> FeatureSpec:
    return FeatureSpec(
        name=name,
        unit=unit,
        minimum=low,
        maximum=high,
        source=source,
        group=group,
        meaning=meaning,
    )


_SPECS = (
    _spec("pause_share", "1", 0, 1, "pausing", PAUSES, "share of the turn spent pausing"),
    _spec("pause_mean_s", "s", 0, inf, "pausing", PAUSES, "average length of a pause"),
    _spec("pause_longest_s", "s", 0, inf, "pausing", PAUSES, "longest pause in the turn"),
    _spec("pauses_per_min", "1/min", 0, inf, "pausing", PAUSES, "number of pauses per minute"),
    _spec("speech_share", "1", 0, 1, "pausing", PAUSES, "share of the turn with sound of speech"),
    _spec("words_per_s", "1/s", 0, inf, "speech rate", RATE, "words per second, pauses included"),
    _spec("syllables_per_s", "1/s", 0, inf, "speech rate", RATE,
          "syllables per second, pauses included"),
    _spec("articulation_per_s", "1/s", 0, inf, "speech rate", RATE,
          "syllables per second while speaking, pauses left out"),
    _spec("turn_length_s", "s", 0, inf, "turn-taking", TURNS, "length of the turn"),
    _spec("pause_before_s", "s", 0, inf, "pausing", PAUSES,
          "silence before going on, nobody asking in between"),
    _spec("response_latency_s", "s", -inf, inf, "turn-taking", TURNS,
          "time between question and answer (below zero: answered before it ended)"),
    _spec("overlap_share", "1", 0, 1, "turn-taking", TURNS,
          "share of the turn in which both speak"),
    _spec("starts_in_overlap", "1", 0, 1, "turn-taking", TURNS,
          "begins to speak while the interviewer is speaking"),
)  # fmt: skip
