"""What an evaluation found, as rows: JSON and CSV on disk, read by the report and by tracking."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from clinic.io.atomic import write_text

FILE = "evaluation.json"
TABLE = "metrics.csv"


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """One model: what it cost and what went wrong.

    Args:
        n_fits, n_failed: Fits done and failed.
        problem: Why it was not run, or the first failure; empty where all went well.
        n_parameters: Learned numbers; 0 where nothing was fitted.
        fit_cpu_s: CPU-seconds of one fit with calibration, mean.
        predict_cpu_s: CPU-seconds to score one fold, mean.
        peak_mb: Largest resident memory of a process.
    """

    model: str
    n_fits: int
    n_failed: int
    problem: str
    n_parameters: int
    fit_cpu_s: float
    predict_cpu_s: float
    peak_mb: float


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """One number with its interval.

    Args:
        variant: ``clean``, or the degradation of the inputs; ``clean, same repeats`` for clean
            inputs in the repeats that were degraded, ``lost: ...`` for what a degradation costs.
        group: ``all``, or ``attribute=level`` of a subgroup, or ``conflict=high``.
        value, sd: Mean and standard deviation over repeats.
        low, high: 95 % bootstrap interval over participants.
        note: Why there is no number, or empty.
    """

    model: str
    target: str
    variant: str
    group: str
    metric: str
    value: float
    sd: float
    low: float
    high: float
    n_participants: int
    n_repeats: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """A model less another on the same people and folds.

    Args:
        p_holm: Corrected for all models that are compared with the same one on the same metric.
    """

    target: str
    metric: str
    model: str
    against: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float


@dataclass(frozen=True, kw_only=True)
class CurveRow:
    """One point of a curve.

    Args:
        curve: ``reliability`` (x predicted, y observed), ``net_benefit`` (x threshold
            probability, y net benefit), ``treat_all``, or ``risk_coverage`` (x share answered,
            y error among them).
        n: People behind the point.
    """

    model: str
    target: str
    curve: str
    x: float
    y: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True)
class TargetFacts:
    """A target and who has it.

    Args:
        counts: Participants per band or class; segments where the target is per segment.
        headline: Metrics that tables by subgroup and degradation show.
    """

    name: str
    title: str
    kind: str
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    headline: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EvaluationResult:
    """Everything that the report shows.

    Args:
        protocol: In words for readers: split, repeats, seeds, intervals.
        split_sha256: Hash of the split file stored beside.
        best_single: Per target and metric the best model of a single modality.
        audit: Content of the leakage audit's JSON; None where it was switched off.
        is_simulated: Whether any recording was simulated; every page then says so.
        settings: Composed configuration without paths.
    """

    title: str
    created_at: str
    protocol: str
    split_name: str
    split_sha256: str
    n_folds: int
    n_repeats: int
    n_participants: int
    n_recordings: int
    coverage: float
    tables: tuple[str, ...]
    notes: tuple[str, ...]
    is_simulated: bool
    targets: tuple[TargetFacts, ...]
    models: tuple[ModelRow, ...]
    metrics: tuple[MetricRow, ...]
    comparisons: tuple[ComparisonRow, ...]
    curves: tuple[CurveRow, ...]
    best_single: Mapping[str, str]
    audit: Mapping[str, Any] | None
    wall_s: float
    settings: Mapping[str, Any] = field(default_factory=dict)

    def rows(self, **wanted: str) -> Iterator[MetricRow]:
        """Yield the metric rows whose fields are these."""
        for row in self.metrics:
            if all(getattr(row, key) == value for key, value in wanted.items()):
                yield row

    def value(self, model: str, target: str, metric: str) -> MetricRow | None:
        """Return one clean number over everybody, or None."""
        found = self.rows(model=model, target=target, metric=metric, variant="clean", group="all")
        return next(found, None)


def write_result(folder: Path, result: EvaluationResult) -> None:
    """Write ``evaluation.json`` and ``metrics.csv``; NaN is written as null and as blank."""
    write_text(folder / FILE, json.dumps(_plain(asdict(result)), indent=1) + "\n")
    names = [f.name for f in fields(MetricRow)]
    lines = [",".join(names)]
    lines += [",".join(_cell(getattr(row, name)) for name in names) for row in result.metrics]
    write_text(folder / TABLE, "\n".join(lines) + "\n")


def read_result(folder: Path) -> EvaluationResult:
    """Read ``evaluation.json`` back."""
    content: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    kinds: dict[str, Any] = {
        "targets": TargetFacts,
        "models": ModelRow,
        "metrics": MetricRow,
        "comparisons": ComparisonRow,
        "curves": CurveRow,
    }
    for name, kind in kinds.items():
        content[name] = tuple(kind(**_numbers(kind, row)) for row in content[name])
    for name in ("tables", "notes"):
        content[name] = tuple(content[name])
    return EvaluationResult(**content)


def _numbers(kind: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """Turn null back into NaN and lists into tuples."""
    found = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    for item in fields(kind):
        if item.type is float and found[item.name] is None:
            found[item.name] = math.nan
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text
