"""Made-up interviews: one speaker's utterances in the moods that an interview might hold."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency import VoiceAffect
from clinic.inconsistency.readers.affect import AROUSAL
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS
from clinic.inconsistency.readers.voice_head import VoiceHeads
from clinic.records import Extraction, Segment
from clinic.validation.training.voice_rows import NEUTRAL, Voices, drawn_mixture
from clinic.validation.voice.emodb import ACTED

Floats = NDArray[np.float64]

NEUTRAL_ONLY = "neutral only"
NEUTRAL_AND_SAD = "neutral and sad, half and half"


@dataclass(frozen=True, kw_only=True, eq=False)
class Interview:
    """One made-up interview, read by the shipped reader with heads that never heard the person.

    Args:
        kind: ``NEUTRAL_ONLY``, ``NEUTRAL_AND_SAD``, or ``mostly neutral, some <emotion>``.
        emotions: Shape (n,), places in ``ACTED``.
        probabilities: Shape (n, 6), NaN where the reader said nothing.
        arousal: Shape (n,).
    """

    kind: str
    speaker: str
    emotions: NDArray[np.intp]
    probabilities: Floats
    arousal: Floats


def interviews_read(
    reader: VoiceAffect,
    heads: Mapping[str, VoiceHeads],
    voices: Voices,
    heard: Mapping[str, tuple[tuple[Segment, ...], Extraction]],
    *,
    size: int,
    neutral_share: float,
    seed: int,
) -> tuple[Interview, ...]:
    """Return interviews of every speaker, each kind once.

    Utterances are drawn with repeats from one speaker's own: repeats make a voice look steadier
    than it is.
    """
    found = []
    for number, (speaker, own) in enumerate(voices.people()):
        random = np.random.default_rng((seed, number))
        segments, extraction = heard[speaker]
        emotions = voices.emotions[own]
        with TemporaryDirectory() as folder:
            unheard = with_heads(reader, heads[speaker], Path(folder))
        for kind, shares in kinds(neutral_share).items():
            if not all((emotions == i).any() for i in np.flatnonzero(shares)):
                continue
            places = drawn_mixture(emotions, shares, size=size, random=random)
            table = unheard.read([segments[i] for i in places], [_rows_of(extraction, places)])
            found.append(
                Interview(
                    kind=kind,
                    speaker=speaker,
                    emotions=emotions[places],
                    probabilities=np.column_stack([table.column(c) for c in EMOTION_COLUMNS]),
                    arousal=table.column(AROUSAL),
                )
            )
    return tuple(found)


def kinds(neutral_share: float) -> dict[str, Floats]:
    """Return shares of the seven emotions by kind of interview."""
    unit = np.eye(len(ACTED))
    sad = unit[ACTED.index("sadness")]
    found = {
        NEUTRAL_ONLY: unit[NEUTRAL],
        NEUTRAL_AND_SAD: 0.5 * unit[NEUTRAL] + 0.5 * sad,
    }
    for place, emotion in enumerate(ACTED):
        if emotion not in ("neutral", "boredom"):
            mixed = neutral_share * unit[NEUTRAL] + (1 - neutral_share) * unit[place]
            found[f"mostly neutral, some {emotion}"] = mixed
    return found


def with_heads(reader: VoiceAffect, heads: VoiceHeads, folder: Path) -> VoiceAffect:
    """Return the reader with other heads, written to a folder; it keeps them in memory."""
    emotion, arousal = folder / "emotion.safetensors", folder / "arousal.safetensors"
    return replace(
        reader,
        emotion_sha256=heads.emotion.write(emotion),
        arousal_sha256=heads.arousal.write(arousal),
        emotion_weights=str(emotion),
        arousal_weights=str(arousal),
    )


def _rows_of(extraction: Extraction, places: NDArray[np.intp]) -> Extraction:
    table = extraction.segments
    return Extraction(
        segments=replace(
            table,
            start_s=table.start_s[places],
            end_s=table.end_s[places],
            values=table.values[places],
            coverage=table.coverage[places],
        )
    )
