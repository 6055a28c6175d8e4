"""The recipe of the two voice heads: settings, targets, fit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.heads import DenseHead
from clinic.inconsistency.readers.voice_head import VoiceHeads
from clinic.inconsistency.readers.voice_scale import OwnScale
from clinic.validation.training.softmax import Linear, fit_softmax
from clinic.validation.training.voice_rows import (
    NEUTRAL,
    Block,
    Mixtures,
    Voices,
    blocks_of,
    typical_spread,
)
from clinic.validation.voice.degrading import Condition
from clinic.validation.voice.emodb import ACTED

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

#: Anger, fear and joy are acted with a roused voice, sadness, boredom and a neutral mood with a
#: calm one (Banse & Scherer 1996, doi:10.1037/0022-3514.70.3.614); disgust lies between.
ROUSED: Mapping[str, float] = {
    "anger": 1.0,
    "fear": 1.0,
    "joy": 1.0,
    "disgust": 0.5,
    "sadness": 0.0,
    "neutral": 0.0,
    "boredom": 0.0,
}

LABELS = ("hard", "weighted", "soft")


@dataclass(frozen=True, kw_only=True)
class VoiceRecipe:
    """How the heads are trained.

    Args:
        typical_weight, limit_sd, neutral_rounds, least_weight: As in ``OwnScale``.
        mixtures: Made-up moods that each speaker is seen in.
        whole_weight: What a whole speaker weighs against one mixture.
        conditions: What the copies to train on went through; the first is clean.
        left_out: Columns that are not used.
        labels: ``hard``; ``weighted``, an utterance counts as much as listeners recognised it;
            ``soft``, the listeners who did not are spread evenly over the other emotions, for
            the corpus does not say what they heard.
        penalty: Of squared weights.
        seed: Draws the mixtures.
    """

    typical_weight: float
    limit_sd: float
    neutral_rounds: int
    least_weight: float
    mixtures: Mixtures
    whole_weight: float
    conditions: Sequence[Condition]
    left_out: Sequence[str]
    labels: str
    penalty: float
    seed: int

    def __post_init__(self) -> None:
        if self.labels not in LABELS:
            raise SetupError(f"labels {self.labels!r}, one of {LABELS} needed (labels)")

    @property
    def scale(self) -> OwnScale:
        """The scale of training: a speaker of the corpus always has enough utterances."""
        return OwnScale(min_segments=1, **self._scale_settings)

    @property
    def _scale_settings(self) -> dict[str, Any]:
        return {
            "typical_weight": self.typical_weight,
            "limit_sd": self.limit_sd,
            "neutral_rounds": self.neutral_rounds,
            "least_weight": self.least_weight,
        }

    def targets(self, voices: Voices) -> tuple[Floats, Floats]:
        """Return probabilities of the acted emotions, shape (n, 7), and weights, shape (n,)."""
        intended: Floats = np.eye(len(ACTED))[voices.emotions]
        share = voices.recognised[:, None]
        if self.labels == "soft":
            spread = (1 - intended) / (len(ACTED) - 1)
            return share * intended + (1 - share) * spread, np.ones(len(intended))
        if self.labels == "weighted":
            return intended, voices.recognised
        return intended, np.ones(len(intended))

    def fit(self, voices: Voices, card: Mapping[str, object]) -> VoiceHeads:
        """Return both heads, trained on these voices.

        A first fit scores each speaker against the utterances that were acted neutral. The
        final one adds the scores against the neutral middle that the first one finds by
        itself, as it must in an interview.
        """
        heard = voices.under([condition.name for condition in self.conditions])
        # Rounded as the file rounds the weights: what is tested is what is shipped.
        typical = typical_spread(heard).astype(np.float32).astype(np.float64)
        blocks = blocks_of(heard, self.mixtures, whole_weight=self.whole_weight, seed=self.seed)
        acted = self._rows(blocks, typical, None)
        first = self._fitted(voices, *acted, start=None)
        found = self._rows(blocks, typical, lambda z: first.probabilities(z)[:, NEUTRAL])
        inputs, places, weights = (np.concatenate(pair) for pair in zip(acted, found, strict=True))
        emotion = self._fitted(voices, inputs, places, weights, start=first)
        roused = np.array([ROUSED[name] for name in ACTED])[voices.emotions][places]
        arousal = fit_softmax(
            inputs, np.column_stack([1 - roused, roused]), weights, penalty=self.penalty
        )
        described = {
            **card,
            "scale": self._scale_settings,
            "typical_spread": typical.tolist(),
        }
        return VoiceHeads(
            emotion=_head(
                voices.columns, ACTED, "softmax", emotion.coefficients, emotion.intercept, described
            ),
            arousal=_head(
                voices.columns,
                ("arousal",),
                "identity",
                np.diff(arousal.coefficients, axis=1),
                np.diff(arousal.intercept),
                described,
            ),
        )

    def _rows(
        self,
        blocks: Sequence[Block],
        typical: Floats,
        p_neutral: Callable[[Floats], Floats] | None,
    ) -> tuple[Floats, Places, Floats]:
        """Return inputs (n, d), which utterance each row is (n,) and weights (n,)."""
        return (
            np.vstack([block.scores(self.scale, typical, p_neutral) for block in blocks]),
            np.concatenate([block.places for block in blocks]),
            np.concatenate([block.weights for block in blocks]),
        )

    def _fitted(
        self, voices: Voices, inputs: Floats, places: Places, weights: Floats, start: Linear | None
    ) -> Linear:
        targets, trust = self.targets(voices)
        return fit_softmax(
            inputs, targets[places], weights * trust[places], penalty=self.penalty, start=start
        )


def _head(
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    link: str,
    coefficients: Floats,
    intercept: Floats,
    card: Mapping[str, object],
) -> DenseHead:
    return DenseHead(
        inputs=inputs,
        outputs=outputs,
        link=link,
        centre=np.zeros(len(inputs)),
        scale=np.ones(len(inputs)),
        layers=((coefficients, intercept),),
        card=card,
    )
