"""Model, calibration and explanation together: from a Case to settled, explained estimates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from clinic.records import (
    Case,
    Explanation,
    ModelSummary,
    RawEstimate,
    Recording,
    Settled,
    SeverityEstimate,
    Stamp,
)
from clinic.screening.clock import StageClock


class Model(Protocol):
    """A trained model folder, loaded (``clinic.fusion``)."""

    @property
    def summary(self) -> ModelSummary: ...
    def estimate(self, case: Case) -> tuple[RawEstimate, ...]: ...
    def notes(self, case: Case) -> tuple[str, ...]: ...
    def stamp(self) -> Stamp: ...


class Settling(Protocol):
    """Calibrates, conformalises and withholds (``clinic.calibration``)."""

    def settle(
        self, raw: Sequence[RawEstimate], case: Case, language: str | None
    ) -> tuple[Settled, ...]: ...
    def stamp(self) -> Stamp: ...


class Explaining(Protocol):
    """Shares a model's output out over features and moments (``clinic.explanation``)."""

    def explain(
        self, model: Model, case: Case, settled: Sequence[SeverityEstimate]
    ) -> tuple[Explanation, ...]: ...
    def stamp(self) -> Stamp: ...


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the judge adds to a result."""

    estimates: tuple[Settled, ...]
    explanations: tuple[Explanation, ...]
    model: ModelSummary
    notes: tuple[str, ...]
    stamps: tuple[Stamp, ...]


@dataclass(frozen=True, kw_only=True)
class Judge:
    """A model with its calibration; ``explainer`` is None where no explanation is wanted."""

    model: Model
    settler: Settling
    explainer: Explaining | None

    def judge(self, case: Case, recording: Recording, clock: StageClock) -> Verdict:
        """Estimate, settle and explain one case. Withheld estimates are not explained."""
        with clock.stage("fusion"):
            raw = self.model.estimate(case)
        with clock.stage("calibration"):
            settled = self.settler.settle(raw, case, recording.language)
        given = [s for s in settled if isinstance(s, SeverityEstimate)]
        explanations: tuple[Explanation, ...] = ()
        stamps = [self.model.stamp(), self.settler.stamp()]
        if self.explainer is not None:
            stamps.append(self.explainer.stamp())
            with clock.stage("explanation"):
                explanations = self.explainer.explain(self.model, case, given)
        return Verdict(
            estimates=settled,
            explanations=explanations,
            model=self.model.summary,
            notes=self.model.notes(case),
            stamps=tuple(stamps),
        )
