"""Speak a script: turns laid out in time, sample by sample, with latencies and pauses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.records.modality import Role
from clinic.simulate.people import Participant
from clinic.simulate.script import Answer, Turn
from clinic.simulate.voice import Prosody, Spoken, synthesiser

#: Below the 1.0 at which openSMILE wraps around.
PEAK = 0.89


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """How a person's habits and the state of one answer become prosody.

    Args:
        rate_per_arousal: Relative change of rate per unit of arousal.
        pitch_per_arousal, range_per_arousal: Steps of espeak's scales per unit of arousal.
        level_per_arousal_db: Loudness per unit of arousal.
        word_gap_s: Silence added between words.
        interviewer_voice, interviewer_rate_wpm, interviewer_level_dbfs: The other speaker.
        noise_dbfs: Level of the room, so that silence is not digital zero.
        level_spread_db: Spread between recordings of the distance to the microphone.
    """

    rate_per_arousal: float
    pitch_per_arousal: float
    range_per_arousal: float
    level_per_arousal_db: float
    word_gap_s: float
    interviewer_voice: str
    interviewer_rate_wpm: float
    interviewer_level_dbfs: float
    noise_dbfs: float
    level_spread_db: float

    def prosody(self, person: Participant, arousal: float) -> Prosody:
        """Return how one answer is spoken."""
        traits = person.traits
        rate = traits["rate_wpm"] * (1 + self.rate_per_arousal * arousal)
        spread = traits["pitch_range"] + self.range_per_arousal * arousal
        return Prosody(
            variant=person.voice,
            rate_wpm=float(np.clip(rate, 95, 260)),
            pitch=float(np.clip(person.pitch + self.pitch_per_arousal * arousal, 10, 95)),
            pitch_range=float(np.clip(spread, 4, 100)),
            level_dbfs=traits["level_dbfs"] + self.level_per_arousal_db * arousal,
            word_gap_s=self.word_gap_s,
        )


@dataclass(frozen=True, kw_only=True)
class SpokenTurn:
    """One stretch of speech on the recording's clock; ``answer`` is None for the interviewer.

    ``chunks_s`` are the stretches spoken in one go; pauses lie between them.
    """

    start_s: float
    end_s: float
    speaker: Role
    text: str
    topic: str
    prosody: Prosody
    chunks_s: tuple[tuple[float, float], ...]
    latency_s: float | None = None
    answer: Answer | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Soundtrack:
    """Samples of both speakers, shape (n, 2) [participant, interviewer], and who spoke when.

    ``gain_db`` (0 or below) was applied to everything on top of the planted levels.
    """

    samples: NDArray[np.float32]
    sampling_rate_hz: int
    turns: tuple[SpokenTurn, ...]
    gain_db: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sampling_rate_hz

    def mixed(self, n_channels: int) -> NDArray[np.float32]:
        """Return shape (n, n_channels): one mixes both down, two keep them apart."""
        if n_channels == 2:
            return self.samples
        return np.asarray(self.samples.sum(1, keepdims=True))


def speak_script(
    person: Participant,
    script: Sequence[Turn],
    speaking: Speaking,
    random: np.random.Generator,
) -> Soundtrack:
    """Return the sound of one interview; the seed of espeak's noise is drawn from ``random``."""
    voice = synthesiser(int(random.integers(2**31)))
    rate = voice.sampling_rate_hz
    parts: list[tuple[int, int, NDArray[np.float32]]] = []
    turns: list[SpokenTurn] = []
    distance_db = float(np.clip(random.normal(0, speaking.level_spread_db), -4, 4))
    cursor = round(rate * random.uniform(0.4, 0.9))
    for turn in script:
        manner = Prosody(
            variant=speaking.interviewer_voice,
            rate_wpm=speaking.interviewer_rate_wpm,
            pitch=45,
            pitch_range=45,
            level_dbfs=speaking.interviewer_level_dbfs,
        )
        spoken = voice.speak(turn.prompt, manner)
        start, cursor = cursor, cursor + len(spoken.samples)
        parts.append((start, 1, spoken.samples))
        turns.append(_heard(turn, Role.INTERVIEWER, turn.prompt, manner, [(start, cursor)], rate))
        if turn.answer is not None:
            latency = person.traits["latency_s"] * random.lognormal(0, 0.35)
            latency *= 1.3 if turn.answer.ambivalence else 1.0
            begin = cursor + round(rate * max(0.12, latency))
            manner = speaking.prosody(person, turn.answer.voice_arousal)
            louder = Prosody(**{**vars(manner), "level_dbfs": manner.level_dbfs + distance_db})
            pieces = [voice.speak(chunk, louder) for chunk in turn.answer.chunks]
            spans = _lay_out(begin, pieces, person.traits["pause_s"], rate, random)
            parts.extend((s[0], 0, p.samples) for s, p in zip(spans, pieces, strict=True))
            turns.append(
                _heard(
                    turn,
                    Role.PARTICIPANT,
                    turn.answer.text,
                    louder,
                    spans,
                    rate,
                    latency_s=(begin - cursor) / rate,
                )
            )
            cursor = spans[-1][1]
        cursor += round(rate * random.uniform(0.35, 0.75))
    samples = np.zeros((cursor + round(0.3 * rate), 2), np.float32)
    for start, channel, piece in parts:
        samples[start : start + len(piece), channel] += piece
    samples += random.normal(0, 10 ** (speaking.noise_dbfs / 20), samples.shape).astype(np.float32)
    # Turned down as a whole rather than clipped: clipping would change how a voice sounds.
    gain = min(1.0, PEAK / float(np.abs(samples.sum(1)).max()))
    return Soundtrack(
        samples=samples * np.float32(gain),
        sampling_rate_hz=rate,
        turns=tuple(turns),
        gain_db=20 * math.log10(gain),
    )


def _lay_out(
    begin: int,
    pieces: Sequence[Spoken],
    pause_s: float,
    rate_hz: int,
    random: np.random.Generator,
) -> list[tuple[int, int]]:
    """Sample spans of the pieces of one answer, a pause of the person's length between them."""
    spans, cursor = [], begin
    for piece in pieces:
        spans.append((cursor, cursor + len(piece.samples)))
        pause = max(0.12, pause_s * random.lognormal(0, 0.4))
        cursor += len(piece.samples) + round(rate_hz * pause)
    return spans


def _heard(
    turn: Turn,
    speaker: Role,
    text: str,
    prosody: Prosody,
    spans: Sequence[tuple[int, int]],
    rate_hz: int,
    latency_s: float | None = None,
) -> SpokenTurn:
    return SpokenTurn(
        start_s=spans[0][0] / rate_hz,
        end_s=spans[-1][1] / rate_hz,
        speaker=speaker,
        text=text,
        topic=turn.topic,
        prosody=prosody,
        chunks_s=tuple((start / rate_hz, end / rate_hz) for start, end in spans),
        latency_s=latency_s,
        answer=turn.answer if speaker is Role.PARTICIPANT else None,
    )
