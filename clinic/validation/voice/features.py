"""Features of acted utterances through the shipped extractor: one speaker as one recording."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clinic.errors import SetupError
from clinic.records import (
    AudioBlock,
    Extraction,
    Extractor,
    Recording,
    Role,
    Segment,
)
from clinic.validation.training.voice_rows import Voices
from clinic.validation.voice.degrading import Condition, Samples, degraded
from clinic.validation.voice.emodb import ACTED, Utterance, of_speaker, read_sound

RATE_HZ = 16_000

#: By condition and speaker: segments and features.
Heard = dict[str, dict[str, tuple[tuple[Segment, ...], Extraction]]]


@dataclass(frozen=True, eq=False)
class Spliced:
    """An audio track of utterances one after the other, held in memory."""

    sounds: tuple[Samples, ...]
    sampling_rate_hz: int = RATE_HZ
    n_channels: int = 1
    start_s: float = 0.0

    @property
    def duration_s(self) -> float:
        """Length of all utterances."""
        return sum(len(sound) for sound in self.sounds) / self.sampling_rate_hz

    def spans(self) -> list[tuple[float, float]]:
        """Return start and end of each utterance."""
        ends = np.cumsum([len(sound) for sound in self.sounds]) / self.sampling_rate_hz
        return list(zip([0.0, *ends[:-1].tolist()], ends.tolist(), strict=True))

    def blocks(self, *, sampling_rate_hz: int, block_s: float = 10.0) -> Iterator[AudioBlock]:
        """Never asked for by the extractors used here."""
        raise NotImplementedError

    def stretches(
        self,
        spans: Sequence[tuple[float, float]],
        *,
        sampling_rate_hz: int,
        channel: int | None = None,
    ) -> Iterator[Samples]:
        """Yield the samples of each span; the rate must be the track's own."""
        del channel
        if sampling_rate_hz != self.sampling_rate_hz:
            raise AssertionError(f"{sampling_rate_hz} Hz wished, {self.sampling_rate_hz} held")
        whole = np.concatenate(self.sounds)
        for start_s, end_s in spans:
            yield whole[round(start_s * sampling_rate_hz) : round(end_s * sampling_rate_hz)]


def speaker_recording(
    sounds: Sequence[Samples], speaker: str
) -> tuple[Recording, tuple[Segment, ...]]:
    """Return one speaker's utterances as a recording of that many segments."""
    track = Spliced(tuple(sounds))
    digest = hashlib.sha256(b"".join(sound.tobytes() for sound in sounds)).hexdigest()
    recording = Recording(
        recording_id=f"emodb-{speaker}",
        participant_id=speaker,
        sha256=digest,
        duration_s=track.duration_s,
        audio=track,
        video=None,
        transcript=None,
        language="de",
    )
    segments = tuple(
        Segment(
            index=i,
            start_s=start_s,
            end_s=end_s,
            speaker=Role.PARTICIPANT,
            origin="utterance",
            text=None,
        )
        for i, (start_s, end_s) in enumerate(track.spans())
    )
    return recording, segments


def heard_as(
    utterances: Sequence[Utterance], condition: Condition, *, seed: int
) -> dict[str, tuple[Samples, ...]]:
    """Return the degraded sounds of each speaker; babble is made of the other speakers.

    The draw of noise depends on the seed, the file and the condition alone.
    """
    sounds = [read_sound(u, sampling_rate_hz=RATE_HZ) for u in utterances]
    heard: dict[str, tuple[Samples, ...]] = {}
    for speaker in dict.fromkeys(u.speaker for u in utterances):
        own = of_speaker(utterances, speaker)
        others = [s for s, u in zip(sounds, utterances, strict=True) if u.speaker != speaker]
        heard[speaker] = tuple(
            degraded(
                sounds[i],
                condition,
                sampling_rate_hz=RATE_HZ,
                others=others,
                random=_random(seed, utterances[i].path.stem, condition.name),
            )
            for i in own
        )
    return heard


def extractions_of(
    utterances: Sequence[Utterance], condition: Condition, extractor: Extractor, *, seed: int
) -> dict[str, tuple[tuple[Segment, ...], Extraction]]:
    """Return segments and features of each speaker, as the screener would hand them on."""
    found = {}
    for speaker, sounds in heard_as(utterances, condition, seed=seed).items():
        recording, segments = speaker_recording(sounds, speaker)
        found[speaker] = (segments, extractor.extract(recording, segments))
    return found


def measured(
    utterances: Sequence[Utterance],
    conditions: Sequence[Condition],
    extractor: Extractor,
    *,
    seed: int,
) -> Heard:
    """Return the features of each speaker under each condition, by the condition's name."""
    return {c.name: extractions_of(utterances, c, extractor, seed=seed) for c in conditions}


def voices_of(utterances: Sequence[Utterance], heard: Heard, left_out: Sequence[str]) -> Voices:
    """Return all rows in the order of the utterances.

    Raises:
        SetupError: A column to be left out is not there.
    """
    names = next(iter(next(iter(heard.values())).values()))[1].segments.columns
    unknown = set(left_out) - set(names)
    if unknown:
        raise SetupError(f"no column {sorted(unknown)[0]} among the features (left_out)")
    kept = [i for i, name in enumerate(names) if name not in left_out]
    return Voices(
        columns=tuple(names[i] for i in kept),
        values={
            condition: np.vstack([found.segments.values[:, kept] for _, found in people.values()])
            for condition, people in heard.items()
        },
        speakers=np.array([u.speaker for u in utterances]),
        emotions=np.array([ACTED.index(u.emotion) for u in utterances]),
        recognised=np.array([u.recognised for u in utterances]),
    )


def _random(seed: int, *names: str) -> np.random.Generator:
    digest = hashlib.sha256(json.dumps([seed, *names]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
