"""Disagreement over the whole interview: one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from clinic.inconsistency.measures import CHANNEL, Measure, modalities_of
from clinic.inconsistency.moments.chance import chance_rate
from clinic.records import FeatureSpec, FeatureTable, Modality, Segment, Stamp
from clinic.units import SECONDS_PER_MINUTE

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Coupling:
    """How far one reading follows another over the interview: Spearman's rank correlation.

    Low coupling of voice to words is what emotion context insensitivity would look like
    (Rottenberg et al. 2005, doi:10.1037/0021-843X.114.4.627).
    """

    first: str
    second: str

    @property
    def name(self) -> str:
        """Such as ``coupling_voice_arousal_text_arousal``."""
        return f"coupling_{self.first}_{self.second}"

    def value(self, scores: Mapping[str, Floats], *, min_segments: int) -> float:
        """Return the correlation, NaN with too few segments or no variation."""
        both = np.isfinite(scores[self.first]) & np.isfinite(scores[self.second])
        if both.sum() < min_segments:
            return float("nan")
        first, second = rankdata(scores[self.first][both]), rankdata(scores[self.second][both])
        if first.std() == 0 or second.std() == 0:
            return float("nan")
        return float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))


@dataclass(frozen=True, kw_only=True)
class InterviewSummary:
    """Mean, spread, 90th percentile and trend of each measure; rate of each pattern.

    Args:
        couplings: Pairs of readings, by name.
        min_segments: Fewer segments in which both modalities were observed give NaN.
    """

    couplings: Mapping[str, Coupling]
    min_segments: int

    def specs(
        self, measures: Sequence[Measure], others: Sequence[FeatureSpec] = ()
    ) -> tuple[FeatureSpec, ...]:
        """Columns in order."""
        specs: list[FeatureSpec] = []
        for measure in measures:
            specs += _pattern_specs(measure) if measure.is_pattern else _curve_specs(measure.spec())
        for spec in others:
            specs += _curve_specs(spec)
        return (*specs, *(_coupling_spec(c) for c in self.couplings.values()))

    def table(
        self,
        segments: Sequence[Segment],
        measures: Sequence[Measure],
        scores: Mapping[str, Floats],
        *,
        duration_s: float,
        stamp: Stamp,
        others: Sequence[tuple[FeatureSpec, Floats]] = (),
    ) -> FeatureTable:
        """Return the row of one interview; coverage is the share of segments compared.

        Args:
            others: Columns of the segment table that no measure made, shape (n_segments,) each.
        """
        times_min = np.array([(s.start_s + s.end_s) / 2 for s in segments]) / SECONDS_PER_MINUTE
        row: list[float] = []
        compared = np.zeros(len(segments), dtype=bool)
        for measure in measures:
            values = measure.values(scores)
            seen = np.isfinite(values)
            compared |= seen
            if measure.is_pattern:
                row += self._rates(measure, values, scores)
            else:
                row += self._curve(values[seen], times_min[seen])
        for _, values in others:
            seen = np.isfinite(values)
            row += self._curve(values[seen], times_min[seen])
        row += [c.value(scores, min_segments=self.min_segments) for c in self.couplings.values()]
        return FeatureTable(
            name="inconsistency_summary",
            modality=Modality.CROSS,
            row_kind="recording",
            specs=self.specs(measures, [spec for spec, _ in others]),
            start_s=np.array([0.0]),
            end_s=np.array([duration_s]),
            values=np.array([row], dtype=np.float64),
            coverage=np.array([compared.mean() if len(segments) else 0.0]),
            stamp=stamp,
        )

    def _curve(self, values: Floats, times_min: Floats) -> list[float]:
        if len(values) < self.min_segments:
            return [float("nan")] * 4
        return [
            float(values.mean()),
            float(values.std(ddof=1)),
            float(np.quantile(values, 0.9)),
            _slope(times_min, values),
        ]

    def _rates(self, measure: Measure, values: Floats, scores: Mapping[str, Floats]) -> list[float]:
        seen = values[np.isfinite(values)]
        if len(seen) < self.min_segments or measure.notable is None:
            return [float("nan")] * 2
        rate = float((seen >= measure.notable).mean())
        return [rate, rate - chance_rate(measure, scores, threshold=measure.notable)]


def _slope(times_min: Floats, values: Floats) -> float:
    spread = times_min - times_min.mean()
    total = float((spread**2).sum())
    return float((spread * values).sum() / total) if total > 0 else float("nan")


def _curve_specs(base: FeatureSpec) -> list[FeatureSpec]:
    size = base.maximum - base.minimum
    rows = [
        ("mean", base.unit, base.minimum, base.maximum, "average"),
        ("sd", base.unit, 0.0, size, "spread"),
        ("p90", base.unit, base.minimum, base.maximum, "90th percentile"),
        ("slope", f"{base.unit}/min", -np.inf, np.inf, "change per minute"),
    ]
    return [
        FeatureSpec(
            name=f"{base.name}_{suffix}",
            unit=unit,
            minimum=low,
            maximum=high,
            source=base.source,
            group=base.group,
            meaning=f"{base.meaning}: {words} over the interview",
        )
        for suffix, unit, low, high, words in rows
    ]


def _pattern_specs(measure: Measure) -> list[FeatureSpec]:
    base = measure.spec()
    rows = [
        ("rate", 0.0, "share of utterances"),
        ("rate_above_chance", -1.0, "share of utterances beyond what chance pairing gives"),
    ]
    return [
        FeatureSpec(
            name=f"{base.name}_{suffix}",
            unit="1",
            minimum=low,
            maximum=1.0,
            source=base.source,
            group=base.group,
            meaning=f"{base.meaning}: {words}",
        )
        for suffix, low, words in rows
    ]


def _coupling_spec(coupling: Coupling) -> FeatureSpec:
    first, second = modalities_of([coupling.first, coupling.second])
    return FeatureSpec(
        name=coupling.name,
        unit="1",
        minimum=-1.0,
        maximum=1.0,
        source="Spearman's rank correlation; Rottenberg et al. (2005), "
        "doi:10.1037/0021-843X.114.4.627",
        group=f"{CHANNEL[second]} against {CHANNEL[first]}",
        meaning=f"how far the {CHANNEL[first]} follows the {CHANNEL[second]}",
    )
