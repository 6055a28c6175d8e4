"""Made-up evaluations: no person, no fit, every number drawn from a seeded generator."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clinic.evaluation.study.degradations import CLEAN_THERE, LOST
from clinic.evaluation.study.results import (
    ComparisonRow,
    CurveRow,
    EvaluationResult,
    MetricRow,
    ModelRow,
    TargetFacts,
)

MODELS = (
    "majority", "metadata", "interviewer", "text_linear", "voice_linear", "face_linear",
    "pooled_linear", "pooled_mlp", "calibrated_late", "trimodal_early", "conflict_aware", "atei",
    "mmformer", "gated_experts", "bibimodal", "text_guided", "robust", "probability_weights",
)  # fmt: skip
SCORE = (
    "mae", "rmse", "ccc", "qwk", "mae_bands", "within_one", "macro_f1", "weighted_f1",
    "balanced_accuracy", "accuracy", "rps", "auroc", "auprc", "sensitivity", "specificity",
    "ppv", "npv", "net_benefit", "brier", "ece", "calibration_slope", "calibration_intercept",
    "interval_coverage", "interval_width", "set_coverage", "set_size",
)  # fmt: skip
CLASSES = (
    "uar",
    "macro_f1",
    "weighted_f1",
    "accuracy",
    "brier",
    "log_loss",
    "ece",
    "classwise_ece",
)
TARGETS = (
    TargetFacts(
        name="depression",
        title="PHQ-8",
        kind="score",
        classes=("none", "mild", "moderate", "moderately severe", "severe"),
        counts=(50, 30, 20, 12, 6),
        headline=("mae", "ccc", "auroc"),
    ),
    TargetFacts(
        name="ptsd",
        title="PCL-C",
        kind="score",
        classes=("low", "middle", "high"),
        counts=(60, 30, 28),
        headline=("mae", "ccc", "auroc"),
    ),
    TargetFacts(
        name="emotion",
        title="Emotion",
        kind="classes",
        classes=("anger", "joy", "neutral"),
        counts=(40, 38, 40),
        headline=("uar", "macro_f1", "accuracy"),
    ),
)
VARIANTS = (
    "only text", "only voice", "only face", "only text+voice", "only text+face",
    "only voice+face", "missing 0.1", "missing 0.3", "missing 0.5", "missing 0.7", "missing 0.9",
    "block 0.3", "block 0.6", "noise 20 dB", "noise 10 dB", "noise 0 dB", "permuted text",
    "permuted voice", "permuted face",
)  # fmt: skip
GROUPS = {
    "sex=female": 61, "sex=male": 57, "age_band=18-29": 30, "age_band=30-44": 40,
    "age_band=45-59": 34, "age_band=60+": 7, "language=de": 48, "language=en": 70,
    "conflict=high": 59, "conflict=low": 59,
}  # fmt: skip
SMALL = 10
N = 118


def made_up_audit(*failing: str) -> dict[str, Any]:
    """Return an audit as ``audit.json`` holds it; named checks fail."""
    names = ("participants shared between folds", "permuted labels (depression)", "noise features")
    checks = [
        {
            "name": name,
            "verdict": "FAIL" if name in failing else "pass",
            "statistic": 0.21 if name in failing else 0.0,
            "interval": [-0.05, 0.04],
            "chance": 0.0,
            "unit": "skill",
            "sentence": f"What was found about {name}.",
            "advice": f"Mend {name}." if name in failing else "",
            "details": {"persons shared": 0.0},
        }
        for name in names
    ]
    checks.append(
        {
            "name": "metadata shortcuts",
            "verdict": "not possible",
            "statistic": None,
            "interval": None,
            "chance": None,
            "unit": "",
            "sentence": "Not checked: no metadata.",
            "advice": "Make the check possible.",
            "details": {},
        }
    )
    verdict = "FAIL" if failing else "warn"
    return {
        "subject": "made-up",
        "verdict": verdict,
        "sizes": {"participants": N},
        "checks": checks,
    }


class Maker:
    """Draws numbers of a result one after the other."""

    def __init__(self, seed: int, targets: tuple[TargetFacts, ...]) -> None:
        self.random = np.random.default_rng(seed)
        self.targets = targets

    def metric(self, model: str, target: str, variant: str, group: str, name: str) -> MetricRow:
        """Return a number whose interval holds it."""
        size = 6.0 if name in ("mae", "rmse", "interval_width") else 0.9
        value = float(self.random.uniform(0.2, 1.0)) * size
        half = float(self.random.uniform(0.05, 0.15)) * size
        n = GROUPS.get(group, N)
        is_small = n < SMALL
        nothing = math.nan
        return MetricRow(
            model=model,
            target=target,
            variant=variant,
            group=group,
            metric=name,
            value=nothing if is_small else value,
            sd=nothing if is_small else half / 4,
            low=nothing if is_small else value - half,
            high=nothing if is_small else value + half,
            n_participants=n,
            n_repeats=0 if is_small else 5 if variant == "clean" else 1,
            note=f"{n} participants, {SMALL} needed" if is_small else "",
        )

    def metrics(self, model: str) -> Iterator[MetricRow]:
        """Yield what one model has."""
        for target in self.targets:
            names = CLASSES if target.kind == "classes" else SCORE
            for name in names:
                row = self.metric(model, target.name, "clean", "all", name)
                if (model, name) == ("majority", "calibration_slope"):
                    row = replace(row, value=math.nan, sd=math.nan, low=math.nan, high=math.nan)
                yield row
            for name in target.headline:
                for variant in (CLEAN_THERE, *VARIANTS, *(LOST + v for v in VARIANTS)):
                    yield self.metric(model, target.name, variant, "all", name)
                for group in GROUPS:
                    yield self.metric(model, target.name, "clean", group, name)

    def curves(self, model: str) -> Iterator[CurveRow]:
        """Yield the curves of one model."""
        nothing = math.nan
        for target in self.targets:
            kinds = ["risk_coverage"]
            if target.kind != "classes":
                kinds += ["reliability", "net_benefit", "treat_all"]
            for kind in kinds:
                for i in range(1, 11):
                    x = i / 10 if kind in ("risk_coverage", "reliability") else 0.06 * i
                    y = {
                        "risk_coverage": 2 + 2 * x,
                        "reliability": float(np.clip(x + self.random.normal() * 0.08, 0, 1)),
                        "net_benefit": 0.3 - 0.4 * x + float(self.random.normal()) * 0.02,
                        "treat_all": 0.32 - 0.68 * x / (1.001 - x),
                    }[kind]
                    has_band = kind == "net_benefit"
                    yield CurveRow(
                        model=model,
                        target=target.name,
                        curve=kind,
                        x=x,
                        y=y,
                        low=y - 0.05 if has_band else nothing,
                        high=y + 0.05 if has_band else nothing,
                        n=round(x * N) if kind == "risk_coverage" else N,
                    )


def make_evaluation(
    *,
    models: tuple[str, ...] = MODELS,
    targets: tuple[TargetFacts, ...] = TARGETS[:1],
    not_run: tuple[str, ...] = ("face_linear",),
    audit: dict[str, Any] | None = None,
    is_simulated: bool = False,
    p_holm: float = 0.4,
    seed: int = 0,
    **changes: Any,
) -> EvaluationResult:
    """Return a made-up evaluation; ``changes`` replace fields of it."""
    maker = Maker(seed, targets)
    ran = [model for model in models if model not in not_run]
    best = {f"{t.name}.{metric}": "text_linear" for t in targets for metric in t.headline}
    comparisons = [
        ComparisonRow(
            target=target.name,
            metric=metric,
            model=model,
            against=against,
            difference=(d := float(maker.random.normal() * 0.3)),
            low=d - 0.2,
            high=d + 0.2,
            p=p_holm / 10,
            p_holm=p_holm,
        )
        for target in targets
        for against in ("majority", "pooled_linear", "text_linear")
        for model in ran
        for metric in target.headline
        if model != against and against in ran
    ]
    result = EvaluationResult(
        title="Made-up evaluation",
        created_at="2026-01-02T03:04:05+00:00",
        protocol="Split: made-up. 5 folds in each of 5 repeats (first seed 0).",
        split_name="made-up",
        split_sha256="ab" * 32,
        n_folds=5,
        n_repeats=5,
        n_participants=N,
        n_recordings=131,
        coverage=0.9,
        tables=("egemaps", "lexical"),
        notes=("3 participants with features are in no fold: not used (split)",),
        is_simulated=is_simulated,
        targets=targets,
        models=tuple(_model(model, model in not_run) for model in models),
        metrics=tuple(row for model in ran for row in maker.metrics(model)),
        comparisons=tuple(comparisons),
        curves=tuple(point for model in ran for point in maker.curves(model)),
        best_single=best if "text_linear" in ran else {},
        audit=made_up_audit() if audit is None else audit,
        wall_s=5400.0,
        settings={
            "seed": 0,
            "tables": {"text": ["lexical"], "voice": ["egemaps"]},
            "models": {model: {"_target_": f"made.up.{model}", "width": 16} for model in models},
        },
    )
    return replace(result, **changes)


def _model(name: str, is_missing: bool) -> ModelRow:
    return ModelRow(
        model=name,
        n_fits=0 if is_missing else 25,
        n_failed=0,
        problem="not run: the data have no table face" if is_missing else "",
        n_parameters=0 if is_missing else 12345,
        fit_cpu_s=math.nan if is_missing else 3.25,
        predict_cpu_s=math.nan if is_missing else 0.5,
        peak_mb=math.nan if is_missing else 612.0,
    )


@pytest.fixture(scope="session")
def make_result() -> Callable[..., EvaluationResult]:
    """The maker of made-up evaluations."""
    return make_evaluation


@pytest.fixture(scope="session")
def make_audit() -> Callable[..., dict[str, Any]]:
    """The maker of made-up audits; the named checks fail."""
    return made_up_audit


@pytest.fixture(scope="session")
def crowded() -> EvaluationResult:
    """18 models, three targets, everything measured."""
    return make_evaluation(targets=TARGETS)
