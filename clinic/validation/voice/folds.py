"""Every speaker of EmoDB read by heads that were trained on the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.readers.voice_head import VoiceHeads
from clinic.validation.training.voice_fit import VoiceRecipe
from clinic.validation.training.voice_rows import Voices

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Read:
    """What the heads say about all utterances.

    Args:
        probabilities: Shape (n, 7), in the order of ``ACTED``.
        arousal: Shape (n,), logits.
    """

    probabilities: Floats
    arousal: Floats


def fold_heads(recipe: VoiceRecipe, voices: Voices) -> Mapping[str, VoiceHeads]:
    """Return by speaker the heads that never heard them, in no copy."""
    return {
        speaker: recipe.fit(voices.take(voices.speakers != speaker), {})
        for speaker, _ in voices.people()
    }


def unheard(
    recipe: VoiceRecipe,
    voices: Voices,
    conditions: Sequence[str],
    heads: Mapping[str, VoiceHeads] | None = None,
) -> dict[str, Read]:
    """Return what heads of other speakers say, by condition.

    A speaker's neutral middle comes from their own utterances, without any label.
    """
    by_speaker = fold_heads(recipe, voices) if heads is None else heads
    found = {}
    for condition in conditions:
        read = [
            read_person(by_speaker[speaker], voices.values[condition][own])
            for speaker, own in voices.people()
        ]
        order = np.concatenate([own for _, own in voices.people()])
        back = np.argsort(order)
        found[condition] = Read(
            probabilities=np.vstack([r.probabilities for r in read])[back],
            arousal=np.concatenate([r.arousal for r in read])[back],
        )
    return found


def read_person(heads: VoiceHeads, values: Floats) -> Read:
    """Return what the heads say about one person's segments, shape (n, d)."""
    inputs = heads.inputs_of(values, min_segments=1)
    return Read(
        probabilities=heads.emotion.predict(inputs), arousal=heads.arousal.predict(inputs)[:, 0]
    )
