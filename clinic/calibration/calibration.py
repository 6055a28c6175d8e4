"""A fitted calibration: the content of ``calibration.json``, and how it settles an estimate."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clinic.calibration.choice import MethodChoice
from clinic.calibration.conformal import plausible_run
from clinic.calibration.maps import ProbabilityMap, map_from_dict
from clinic.calibration.population import Population
from clinic.errors import SetupError
from clinic.records import Case, MomentEstimate, RawEstimate, SeverityEstimate


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetCalibration:
    """What was fitted for one target.

    Args:
        half_width: Of the conformal interval in scale points; None for a rating.
        least_probability: From which a band is plausible.
        segment_map: For probabilities per segment; None where no segment was rated.
        n_subjects: Participants it was fitted on.
        choice: How the map of probabilities was chosen; None where one was set.
    """

    probabilities: ProbabilityMap
    half_width: float | None
    least_probability: float
    segment_map: ProbabilityMap | None
    n_subjects: int
    choice: MethodChoice | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """Calibration of every target of one model.

    Args:
        languages: Primary language tags that the model was trained on; empty = unknown.
    """

    coverage: float
    targets: Mapping[str, TargetCalibration]
    population: Population
    languages: tuple[str, ...]

    def settle(self, raw: RawEstimate, case: Case) -> SeverityEstimate:
        """Return the calibrated estimate with its interval and plausible bands.

        Raises:
            SetupError: The target was not calibrated.
        """
        scale = raw.scale
        target = self.targets.get(str(scale.condition))
        if target is None:
            raise SetupError(
                f"calibration.json has no {scale.condition}, only {sorted(self.targets)}"
            )
        probabilities = target.probabilities.apply(raw.log_probabilities[None])[0]
        probabilities = probabilities / probabilities.sum()
        interval = None
        if raw.score is not None and target.half_width is not None:
            interval = (
                max(scale.minimum, raw.score - target.half_width),
                min(scale.maximum, raw.score + target.half_width),
            )
        if interval is not None:
            # What the interval touches: bands and interval cannot contradict each other.
            bands = tuple(range(scale.band_of(interval[0]), scale.band_of(interval[1]) + 1))
        else:
            anchor = int(np.argmax(probabilities))
            bands = plausible_run(probabilities, target.least_probability, anchor=anchor)
        return SeverityEstimate(
            scale=scale,
            probabilities=tuple(float(p) for p in probabilities),
            score=raw.score,
            interval=interval,
            coverage=self.coverage,
            plausible_bands=bands,
            moments=_moments(raw, target.segment_map, case),
        )

    def to_json(self) -> str:
        """Return the content of ``calibration.json``."""
        content = {
            "coverage": self.coverage,
            "languages": list(self.languages),
            "targets": {
                name: {
                    "probabilities": target.probabilities.to_dict(),
                    "half_width": target.half_width,
                    "least_probability": target.least_probability,
                    "segment_map": target.segment_map and target.segment_map.to_dict(),
                    "n_subjects": target.n_subjects,
                }
                | _choice_to_dict(target.choice)
                for name, target in self.targets.items()
            },
            "population": self.population.to_dict(),
        }
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Calibration":
        """Read ``calibration.json``.

        Raises:
            SetupError: The content is not a calibration.
        """
        try:
            content: dict[str, Any] = json.loads(text)
            return cls(
                coverage=float(content["coverage"]),
                languages=tuple(content["languages"]),
                targets={
                    name: TargetCalibration(
                        probabilities=map_from_dict(target["probabilities"]),
                        half_width=target["half_width"],
                        least_probability=float(target["least_probability"]),
                        segment_map=target["segment_map"] and map_from_dict(target["segment_map"]),
                        n_subjects=int(target["n_subjects"]),
                        choice=_choice_of(target.get("choice")),
                    )
                    for name, target in content["targets"].items()
                },
                population=Population.from_dict(content["population"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise SetupError(f"calibration.json cannot be read: {error!r}") from error


def _choice_to_dict(choice: MethodChoice | None) -> dict[str, Any]:
    if choice is None:
        return {}
    return {"choice": {"method": choice.method, "log_loss": dict(choice.log_loss)}}


def _choice_of(values: Mapping[str, Any] | None) -> MethodChoice | None:
    if values is None:
        return None
    return MethodChoice(
        method=str(values["method"]),
        log_loss={str(name): float(loss) for name, loss in values["log_loss"].items()},
    )


def _moments(
    raw: RawEstimate, segment_map: ProbabilityMap | None, case: Case
) -> tuple[MomentEstimate, ...]:
    """Return calibrated probabilities per observed segment; none where none was calibrated."""
    if raw.segment_logits is None or segment_map is None:
        return ()
    seen = np.flatnonzero(~np.isnan(raw.segment_logits))
    logits = raw.segment_logits[seen]
    pairs = np.stack([-np.logaddexp(0, logits), -np.logaddexp(0, -logits)], axis=1)
    shown = segment_map.apply(pairs)[:, 1]
    segments = [case.segments[i] for i in seen]
    return tuple(
        MomentEstimate(start_s=segment.start_s, end_s=segment.end_s, probability=float(probability))
        for segment, probability in zip(segments, shown, strict=True)
    )
