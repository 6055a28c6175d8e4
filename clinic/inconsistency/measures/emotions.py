"""How differently the modalities place the emotions, each against the person's own usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clinic.inconsistency.measures.base import CHANNEL, Comparison, Floats, modalities_of
from clinic.inconsistency.measures.divergence import jensen_shannon
from clinic.inconsistency.readers.emotions import EMOTIONS, PREFIX
from clinic.records import FeatureSpec

#: Prefix of the distributions that are compared, ``text_tilt_anger`` ...: see ``readings.tilted``.
TILT = "tilt_"
CONFIDENCE = "confidence"
_SOURCE = "Lin (1991), doi:10.1109/18.61115"


@dataclass(frozen=True, kw_only=True)
class EmotionDivergence(Comparison):
    """Jensen-Shannon divergence between the emotion distributions of two modalities.

    Compared is how far each distribution is tilted away from the person's own usual one of
    that modality, so that a reader who always sees some anger disagrees with nobody.

    Args:
        notable_bits: From this value on a segment may be shown as a moment; None for never.
    """

    first: str
    second: str
    notable_bits: float | None

    @property
    def name(self) -> str:
        """Such as ``emotion_voice_text_divergence``."""
        return f"emotion_{self.first}_{self.second}_divergence"

    @property
    def readings(self) -> tuple[str, ...]:
        """Six of each modality."""
        return (*tilt_columns(self.first), *tilt_columns(self.second))

    @property
    def notable(self) -> float | None:
        """From this value on a segment may be shown as a moment."""
        return self.notable_bits

    def spec(self) -> FeatureSpec:
        """Column description."""
        first, second = CHANNEL[self.first], CHANNEL[self.second]
        return FeatureSpec(
            name=self.name,
            unit="bit",
            minimum=0.0,
            maximum=1.0,
            source=_SOURCE,
            group=f"{second} against {first}",
            meaning=f"how differently {first} and {second} place the emotions",
        )

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return the divergence in bits."""
        return jensen_shannon(_distribution(scores, self.first), _distribution(scores, self.second))


@dataclass(frozen=True, kw_only=True)
class ExpertDisagreement(Comparison):
    """Generalised Jensen-Shannon divergence of all modalities that were read, two at least.

    ``(H(sum w_k p_k) - sum w_k H(p_k)) / H(w)``: each modality weighs as much as its confidence,
    and the entropy of the weights, which it cannot pass, brings two and three to one scale.

    Args:
        modalities: Two or more.
        notable_share: From this value on a segment may be shown as a moment; None for never.

    Source:
        Lin (1991), doi:10.1109/18.61115, section IV.
    """

    modalities: Sequence[str]
    notable_share: float | None

    @property
    def name(self) -> str:
        """Always ``expert_disagreement``."""
        return "expert_disagreement"

    @property
    def readings(self) -> tuple[str, ...]:
        """Six emotions and the confidence of each modality."""
        return tuple(
            name for m in self.modalities for name in (*tilt_columns(m), f"{m}_{CONFIDENCE}")
        )

    @property
    def notable(self) -> float | None:
        """From this value on a segment may be shown as a moment."""
        return self.notable_share

    def spec(self) -> FeatureSpec:
        """Column description."""
        return FeatureSpec(
            name=self.name,
            unit="1",
            minimum=0.0,
            maximum=1.0,
            source=_SOURCE,
            group="words, voice and face",
            meaning="how far words, voice and face together disagree about the emotion",
        )

    def values(self, scores: Mapping[str, Floats]) -> Floats:
        """Return the share of the greatest possible divergence; NaN with fewer than two."""
        stacked = [_distribution(scores, m) for m in self.modalities]
        weights = [
            np.where(np.isfinite(p[..., 0]), scores[f"{m}_{CONFIDENCE}"], 0.0)
            for m, p in zip(self.modalities, stacked, strict=True)
        ]
        total = np.asarray(sum(weights))
        shares = [w / np.where(total > 0, total, np.nan) for w in weights]
        known = [np.nan_to_num(p) for p in stacked]
        mean = np.asarray(sum(s[..., None] * p for s, p in zip(shares, known, strict=True)))
        within = np.asarray(sum(s * _entropy(p) for s, p in zip(shares, known, strict=True)))
        most = _entropy(np.stack(np.broadcast_arrays(*shares), axis=-1))
        n_read = np.asarray(sum((w > 0).astype(np.int64) for w in weights))
        apart = _entropy(mean) - within
        return np.where(
            n_read >= 2, np.clip(apart / np.where(most > 0, most, np.nan), 0, 1), np.nan
        )


def tilt_columns(modality: str) -> tuple[str, ...]:
    """Return the names of the compared distribution of one modality."""
    return tuple(f"{modality}_{TILT}{emotion}" for emotion in EMOTIONS)


def _distribution(scores: Mapping[str, Floats], modality: str) -> Floats:
    return np.stack([scores[name] for name in tilt_columns(modality)], axis=-1)


def _entropy(distribution: Floats) -> Floats:
    logs = np.log2(distribution, out=np.zeros_like(distribution), where=distribution > 0)
    return np.asarray(-(distribution * logs).sum(axis=-1))


def told_by(readings: Sequence[str], point: Mapping[str, float]) -> tuple[str, ...]:
    """Return the readings that a moment is told by, given those of its segment.

    Where distributions are compared: of each modality that was read, the emotion that sets it
    apart most from the mean of them all. Else the readings themselves.
    """
    modalities = [m for m in modalities_of(readings) if tilt_columns(m)[0] in readings]
    if not modalities:
        return tuple(readings)
    told = {m: np.array([point[name] for name in tilt_columns(m)]) for m in modalities}
    seen = {m: p for m, p in told.items() if np.isfinite(p).all()}
    middle = np.mean(list(seen.values()), axis=0)
    return tuple(
        f"{m}_{PREFIX}{EMOTIONS[int((p * np.log2(p / middle)).argmax())]}" for m, p in seen.items()
    )
