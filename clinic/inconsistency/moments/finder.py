"""The strongest moments of disagreement, and how many of them chance would bring about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency.measures import Measure
from clinic.inconsistency.measures.emotions import told_by
from clinic.inconsistency.moments.discovery import Discoveries, discoveries
from clinic.inconsistency.moments.wording import moment_sentence, reading_words
from clinic.records import Evidence, Modality, Reading, Segment

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MomentFinder:
    """Picks segments for a clinician to look at.

    Args:
        max_moments: At most so many are shown, rarest first.
        max_false_discovery_rate: A moment is shown if chance pairing would account for at most
            this share of the moments at least as rare.
        follows: Leader by follower: readings that normally go together, which the null keeps.
    """

    max_moments: int
    max_false_discovery_rate: float
    follows: Mapping[str, str]

    def __post_init__(self) -> None:
        if not 0 < self.max_false_discovery_rate < 1:
            raise SetupError(
                f"max_false_discovery_rate {self.max_false_discovery_rate:g}, above 0 and below 1 "
                "needed (inconsistency.moments)"
            )

    @property
    def followed(self) -> frozenset[str]:
        """Names of all leaders and followers."""
        return frozenset((*self.follows, *self.follows.values()))

    def discover(
        self, measures: Sequence[Measure], scores: Mapping[str, Floats]
    ) -> Discoveries | None:
        """Rank all segments; None without any, or without any measure that brings moments.

        Args:
            measures: Those without ``notable`` are passed over.
            scores: Readings by name, each of shape (n_segments,).
        """
        measures = [m for m in measures if m.notable is not None]
        if not measures or not len(next(iter(scores.values()), ())):
            return None
        return discoveries(measures, scores, follows=self.follows)

    def find(
        self,
        found: Discoveries | None,
        segments: Sequence[Segment],
        scores: Mapping[str, Floats],
        confidence: Mapping[str, Floats],
    ) -> tuple[Evidence, ...]:
        """Return moments, rarest under chance first, at most one a segment.

        Args:
            found: What ``discover`` made of the same scores.
            confidence: Share of each segment that was observed, by modality.
        """
        if found is None:
            return ()
        strength = np.take_along_axis(found.values, found.best[None], axis=0)[0]
        shown = np.flatnonzero(found.rate <= self.max_false_discovery_rate).tolist()
        shown.sort(key=lambda i: (found.expected[i], -strength[i], i))
        return tuple(
            _evidence(
                segments[i],
                found.measures[found.best[i]],
                strength=float(strength[i]),
                share=float(found.shares[found.best[i], i]),
                rate=float(found.rate[i]),
                scores={name: float(column[i]) for name, column in scores.items()},
                confidence={name: float(column[i]) for name, column in confidence.items()},
            )
            for i in shown[: self.max_moments]
        )

    def notes(
        self,
        measures: Sequence[Measure],
        scores: Mapping[str, Floats],
        evidence: Sequence[Evidence],
    ) -> tuple[str, ...]:
        """Say how far the moments can be trusted, or that none stands out."""
        if evidence:
            rate = max(moment.false_discovery_rate for moment in evidence)
            return (
                f"Moments of disagreement ({len(evidence)}) are places to look: about {rate:.0%} "
                "of those shown would also appear if words, voice and face were paired by chance "
                f"(estimated; at most {self.max_false_discovery_rate:.0%}, "
                "max_false_discovery_rate). In simulated interviews the estimate was too low: "
                "docs/validation/simulated.md.",
            )
        compared = [m for m in measures if m.notable is not None]
        if any(np.isfinite(m.values(scores)).any() for m in compared):
            return (
                "No moment of disagreement stands out from what chance pairing of this person's "
                "own words, voice and face would give.",
            )
        return ()


def _evidence(
    segment: Segment,
    measure: Measure,
    *,
    strength: float,
    share: float,
    rate: float,
    scores: Mapping[str, float],
    confidence: Mapping[str, float],
) -> Evidence:
    names = sorted(
        told_by(measure.readings, scores), key=lambda name: _ORDER[name.split("_", 1)[0]]
    )
    readings = tuple(_reading(name, scores[name], confidence) for name in names)
    return Evidence(
        start_s=segment.start_s,
        end_s=segment.end_s,
        kind=measure.name,
        strength=strength,
        # + 0.0: a share of 1 is 0 bits, not -0.
        surprise_bits=-float(np.log2(share)) + 0.0,
        false_discovery_rate=rate,
        readings=readings,
        sentence=moment_sentence(segment.start_s, readings),
        quote=segment.text or None,
    )


#: Words first: a reader starts from what was said.
_ORDER = {"text": 0, "voice": 1, "face": 2}


def _reading(name: str, score: float, confidence: Mapping[str, float]) -> Reading:
    modality, _, quantity = name.partition("_")
    return Reading(
        modality=Modality(modality),
        quantity=quantity,
        value=score,
        confidence=confidence[modality],
        words=reading_words(name, score),
    )
