"""Trained heads of the voice: from a person's own scores to emotions and arousal."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.heads import DenseHead
from clinic.inconsistency.readers.emotions import EMOTIONS
from clinic.inconsistency.readers.voice_scale import OwnScale

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class VoiceHeads:
    """Two heads on the same inputs, and the scale that both were trained on.

    Args:
        emotion: Seven answers, ``EMOTIONS`` and boredom in any order, probabilities.
        arousal: One answer, the logit of a roused voice.

    Raises:
        SetupError: The two do not belong together, or a card lacks the scale.
    """

    emotion: DenseHead
    arousal: DenseHead

    def __post_init__(self) -> None:
        if (
            self.emotion.inputs != self.arousal.inputs
            or self.emotion.card.get("scale") != self.arousal.card.get("scale")
            or self.emotion.card.get("typical_spread") != self.arousal.card.get("typical_spread")
        ):
            raise SetupError("the two voice heads were not trained together (weights)")
        missing = set(EMOTIONS) - set(self.emotion.outputs)
        if missing:
            raise SetupError(f"the emotion head does not know {sorted(missing)} (emotion_weights)")
        if len(self.arousal.outputs) != 1:
            raise SetupError("the arousal head gives more than one answer (arousal_weights)")
        _ = self.typical, self.scale(1)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns of the table, in order."""
        return self.emotion.inputs

    @property
    def typical(self) -> Floats:
        """Typical spread within a person, shape (d,), in the unit of each column."""
        spread = self.emotion.card.get("typical_spread")
        if not isinstance(spread, list) or len(spread) != len(self.inputs):
            raise SetupError("the card of the voice head lacks typical_spread")
        return np.array(spread, dtype=np.float64)

    def scale(self, min_segments: int) -> OwnScale:
        """Return the scale of training, for a person with at least so many segments."""
        trained = self.emotion.card.get("scale")
        if not isinstance(trained, Mapping):
            raise SetupError("the card of the voice head lacks scale")
        return OwnScale(
            min_segments=min_segments,
            typical_weight=float(trained["typical_weight"]),
            limit_sd=float(trained["limit_sd"]),
            neutral_rounds=int(trained["neutral_rounds"]),
            least_weight=float(trained["least_weight"]),
        )

    def inputs_of(
        self, values: Floats, *, min_segments: int, min_input_share: float = 0.0
    ) -> Floats:
        """Return what the heads are fed, shape (n, d); rows too poor in values are NaN.

        A value that was not observed is put at the person's own neutral middle.

        Args:
            values: Shape (n, d), all segments of one person.
            min_input_share: Share of the inputs that must be observed in a segment.
        """
        scale = self.scale(min_segments)
        middle = scale.neutral_middle(values, typical=self.typical, p_neutral=self._p_neutral)
        scores = scale.scores(values, typical=self.typical, middle=middle)
        seen = np.isfinite(scores)
        rich = seen.any(axis=1) & (seen.mean(axis=1) >= min_input_share)
        return np.where(rich[:, None], np.where(seen, scores, 0.0), np.nan)

    def _p_neutral(self, inputs: Floats) -> Floats:
        return self.emotion.predict(inputs)[:, self.emotion.outputs.index("neutral")]

    def six(self, probabilities: Floats) -> Floats:
        """Return the columns of ``EMOTIONS``, shape (n, 6), not yet brought to sum 1."""
        return probabilities[:, [self.emotion.outputs.index(name) for name in EMOTIONS]]
