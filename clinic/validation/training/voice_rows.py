"""Rows that voice heads are trained on: whole speakers and made-up mixtures of their moods.

Actors give every emotion about equally often; someone in an interview is mostly neutral. Where
the person's neutral middle is found, and how far, depends on that mixture. So a head is trained
on each speaker several times: as a whole, and as mixtures drawn from the same speaker.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.readers.voice_scale import OwnScale, mean_and_spread
from clinic.validation.voice.emodb import ACTED

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

NEUTRAL = ACTED.index("neutral")


@dataclass(frozen=True, kw_only=True, eq=False)
class Voices:
    """Measured utterances, each heard under one or more conditions.

    Args:
        columns: Name of each feature.
        values: By condition, shape (n, d), NaN = not observed; the first is clean.
        speakers: Shape (n,).
        emotions: Shape (n,), places in ``ACTED``.
        recognised: Shape (n,), share of listeners who named the acted emotion.
    """

    columns: tuple[str, ...]
    values: dict[str, Floats]
    speakers: NDArray[np.str_]
    emotions: Places
    recognised: Floats

    def take(self, rows: NDArray[np.bool_] | Places) -> "Voices":
        """Return some utterances under all conditions."""
        return Voices(
            columns=self.columns,
            values={name: values[rows] for name, values in self.values.items()},
            speakers=self.speakers[rows],
            emotions=self.emotions[rows],
            recognised=self.recognised[rows],
        )

    def under(self, conditions: Sequence[str]) -> "Voices":
        """Return all utterances under some conditions."""
        return Voices(
            columns=self.columns,
            values={name: self.values[name] for name in conditions},
            speakers=self.speakers,
            emotions=self.emotions,
            recognised=self.recognised,
        )

    def people(self) -> Iterator[tuple[str, Places]]:
        """Yield each speaker with the places of their utterances, in order of name."""
        for speaker in sorted(set(self.speakers.tolist())):
            yield speaker, np.flatnonzero(self.speakers == speaker)


@dataclass(frozen=True, kw_only=True)
class Mixtures:
    """Mixtures of moods drawn from one speaker's utterances.

    A mixture holds a share of neutral utterances, uniform between 0 and 1; the rest falls on
    the emotions by a Dirichlet distribution. Utterances are drawn with repeats.

    Args:
        n_mixtures: Per speaker and condition.
        size: Utterances in one mixture.
        concentration: Of the Dirichlet distribution; below 1, few emotions take most.
    """

    n_mixtures: int
    size: int
    concentration: float

    def draw(self, emotions: Places, random: np.random.Generator) -> Places:
        """Return places in ``emotions``, shape (size,)."""
        neutral = random.random()
        shares = (1 - neutral) * random.dirichlet(np.full(len(ACTED), self.concentration))
        shares[NEUTRAL] += neutral
        return drawn_mixture(emotions, shares, size=self.size, random=random)


def drawn_mixture(
    emotions: Places, shares: Floats, *, size: int, random: np.random.Generator
) -> Places:
    """Return places drawn so that each emotion has its share; absent ones are left out."""
    counts = np.bincount(emotions, minlength=len(ACTED))
    weights = (shares / np.maximum(counts, 1))[emotions] + 1e-12
    return random.choice(len(emotions), size=size, p=weights / weights.sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """Each speaker once, under one condition.

    Args:
        values: Shape (n, d).
        places: Shape (n,), which utterance a row comes from.
        speakers: Shape (n,).
        neutral: By speaker, mean of the utterances acted neutral, shape (d,).
        weights: Shape (n,); every emotion weighs the same within the block.
    """

    values: Floats
    places: Places
    speakers: NDArray[np.str_]
    neutral: dict[str, Floats]
    weights: Floats

    def scores(
        self,
        scale: OwnScale,
        typical: Floats,
        p_neutral: Callable[[Floats], Floats] | None,
    ) -> Floats:
        """Return each speaker's scores, NaN put at 0.

        Args:
            p_neutral: Finds the neutral middle as the reader does; None takes the utterances
                that were acted neutral.
        """
        scores = np.zeros(self.values.shape)
        for speaker, acted in self.neutral.items():
            own = self.speakers == speaker
            values = self.values[own]
            middle = (
                acted
                if p_neutral is None
                else scale.neutral_middle(values, typical=typical, p_neutral=p_neutral)
            )
            scores[own] = scale.scores(values, typical=typical, middle=middle)
        return np.nan_to_num(scores, nan=0.0)


def typical_spread(voices: Voices) -> Floats:
    """Return the root mean square over speakers of the spread within a speaker, shape (d,)."""
    clean = next(iter(voices.values.values()))
    spreads = [mean_and_spread(clean[own])[1] for _, own in voices.people()]
    return np.sqrt(np.mean(np.square(spreads), axis=0))


def blocks_of(
    voices: Voices, mixtures: Mixtures, *, whole_weight: float, seed: int
) -> tuple[Block, ...]:
    """Return all speakers as a whole and in mixtures, under every condition.

    Args:
        whole_weight: What the block of whole speakers weighs against one of mixtures.
    """
    blocks = []
    people = list(voices.people())
    for number, values in enumerate(voices.values.values()):
        random = np.random.default_rng((seed, number))
        neutral = {
            speaker: mean_and_spread(values[own][voices.emotions[own] == NEUTRAL])[0]
            for speaker, own in people
        }
        for copy in range(1 + mixtures.n_mixtures):
            places = np.concatenate(
                [
                    own[mixtures.draw(voices.emotions[own], random)] if copy else own
                    for _, own in people
                ]
            )
            emotions = voices.emotions[places]
            counts = np.bincount(emotions, minlength=len(ACTED))
            blocks.append(
                Block(
                    values=values[places],
                    places=places,
                    speakers=voices.speakers[places],
                    neutral=neutral,
                    weights=(1.0 if copy else whole_weight) / counts[emotions],
                )
            )
    return tuple(blocks)
