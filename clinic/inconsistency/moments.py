"""The strongest moments of disagreement, each with how often chance would bring it about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.chance import chance_shares, expected_by_chance
from clinic.inconsistency.measures import Measure
from clinic.inconsistency.wording import moment_sentence, reading_words
from clinic.records import Evidence, Modality, Reading, Segment

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MomentFinder:
    """Picks segments for a clinician to look at.

    Args:
        max_moments: At most so many are shown, rarest first.
        max_expected: A moment is shown if chance pairing alone would bring about at most so
            many as rare in this interview, over all measures.
    """

    max_moments: int
    max_expected: float

    def find(
        self,
        segments: Sequence[Segment],
        measures: Sequence[Measure],
        scores: Mapping[str, Floats],
        confidence: Mapping[str, Floats],
    ) -> tuple[Evidence, ...]:
        """Return moments, rarest under chance first, at most one a segment.

        Args:
            measures: Those without ``notable`` are passed over.
            scores: Personal z scores by reading, each of shape (n_segments,).
            confidence: Share of each segment that was observed, by modality.
        """
        measures = [m for m in measures if m.notable is not None]
        if not measures or not segments:
            return ()
        values = np.stack([m.values(scores) for m in measures])
        shares = np.stack([chance_shares(m, scores) for m in measures])
        expected = expected_by_chance(shares)
        notable = np.array([m.notable for m in measures], dtype=np.float64)[:, None]
        # A comparison with NaN is false: what was not observed is never shown.
        shown = (values >= notable) & (expected <= self.max_expected)
        ranked = np.where(shown, expected, np.inf)
        best = ranked.argmin(axis=0)
        columns = [i for i in range(len(segments)) if shown[:, i].any()]
        columns.sort(key=lambda i: (ranked[best[i], i], -values[best[i], i], i))
        return tuple(
            _evidence(
                segments[i],
                measures[best[i]],
                float(values[best[i], i]),
                float(expected[best[i], i]),
                {name: float(column[i]) for name, column in scores.items()},
                {name: float(column[i]) for name, column in confidence.items()},
            )
            for i in columns[: self.max_moments]
        )

    def notes(
        self,
        measures: Sequence[Measure],
        scores: Mapping[str, Floats],
        evidence: Sequence[Evidence],
    ) -> tuple[str, ...]:
        """Say how far the moments can be trusted, or that none stands out."""
        if evidence:
            return (
                f"Moments of disagreement are places to look: by chance pairing alone up to "
                f"{self.max_expected:g} would be expected in an interview (max_expected).",
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
    strength: float,
    expected: float,
    scores: Mapping[str, float],
    confidence: Mapping[str, float],
) -> Evidence:
    readings = tuple(
        _reading(name, scores[name], confidence)
        for name in sorted(measure.readings, key=lambda name: _ORDER[name.split("_", 1)[0]])
    )
    return Evidence(
        start_s=segment.start_s,
        end_s=segment.end_s,
        kind=measure.name,
        strength=strength,
        readings=readings,
        sentence=moment_sentence(segment.start_s, readings, expected),
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
