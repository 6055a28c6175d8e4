"""The tables of docs/models-compared.md, from evaluations that scripts/model_table.sh made.

python benchmarks/model_table.py NAME=FOLDER [NAME=FOLDER ...] writes
benchmarks/results/model_table.json and prints the tables as Markdown.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from clinic.evaluation.study.results import EvaluationResult, MetricRow, read_result

OUT = Path(__file__).parent / "results" / "model_table.json"
SHOWN = (
    ("depression", "mae", "PHQ-8 MAE"),
    ("depression", "auroc", "PHQ-8 AUROC"),
    ("depression", "ece", "PHQ-8 ECE"),
    ("depression", "interval_coverage", "PHQ-8 coverage"),
    ("ptsd", "mae", "PCL-C MAE"),
    ("ptsd", "auroc", "PCL-C AUROC"),
    ("ptsd", "interval_coverage", "PCL-C coverage"),
    ("ambivalence", "auroc", "A/H AUROC"),
)
#: Rows kept in the JSON beside the shown ones.
KEPT = ("mae", "ccc", "auroc", "macro_f1", "brier", "ece", "calibration_slope",
        "interval_coverage", "set_coverage", "qwk")  # fmt: skip


def main() -> None:
    """Write the JSON and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("evaluations", nargs="+", metavar="NAME=FOLDER")
    found = {}
    for part in parser.parse_args().evaluations:
        name, _, folder = part.partition("=")
        found[name] = read_result(Path(folder))
    OUT.write_text(json.dumps({k: facts(r) for k, r in found.items()}, indent=1) + "\n")
    for name, result in found.items():
        print(f"\n## {name}: {result.n_participants} participants\n")  # noqa: T201
        print("\n".join([*table(result), "", *costs(result), "", *fusion(result)]))  # noqa: T201


def facts(result: EvaluationResult) -> dict[str, object]:
    """Return what the documentation states."""
    return {
        "protocol": result.protocol,
        "split_sha256": result.split_sha256,
        "n_participants": result.n_participants,
        "n_repeats": result.n_repeats,
        "wall_s": result.wall_s,
        "models": [asdict(row) for row in result.models],
        "metrics": [
            asdict(row)
            for row in result.metrics
            if (row.variant, row.group) == ("clean", "all") and row.metric in KEPT
        ],
        "comparisons": [asdict(row) for row in result.comparisons],
        "best_single": dict(result.best_single),
        "audit": result.audit and result.audit["verdict"],
    }


def table(result: EvaluationResult) -> list[str]:
    """Return one line a model."""
    lines = ["| model | " + " | ".join(words for *_, words in SHOWN) + " |"]
    lines.append("|---" * (len(SHOWN) + 1) + "|")
    for model in result.models:
        if model.n_fits:
            cells = [_cell(result.value(model.model, t, m)) for t, m, _ in SHOWN]
            lines.append(f"| `{model.model}` | " + " | ".join(cells) + " |")
    return lines


def costs(result: EvaluationResult) -> list[str]:
    """Return what a fit costs."""
    lines = ["| model | numbers learnt | CPU-seconds a fit | memory, MB |", "|---|---|---|---|"]
    lines += [
        f"| `{m.model}` | {m.n_parameters:,} | {m.fit_cpu_s:.1f} | {m.peak_mb:.0f} |"
        for m in result.models
        if m.n_fits
    ]
    return lines


def fusion(result: EvaluationResult) -> list[str]:
    """Say how each model compares with the best single modality."""
    lines = [
        "| target, metric | best single | better (Holm p < .05) | worse |",
        "|---|---|---|---|",
    ]
    for key, single in result.best_single.items():
        target, metric = key.split(".")
        rows = [
            r
            for r in result.comparisons
            if (
                (r.target, r.metric, r.against) == (target, metric, single)
                and not r.model.endswith("_linear")
            )
            or (r.target, r.metric, r.against, r.model) == (target, metric, single, "pooled_linear")
        ]
        if not rows:
            continue
        sign = -1 if metric in ("mae", "brier") else 1
        better = [r.model for r in rows if r.p_holm < 0.05 and sign * r.difference > 0]
        worse = [r.model for r in rows if r.p_holm < 0.05 and sign * r.difference < 0]
        lines.append(
            f"| {target}, {metric} | `{single}` | {', '.join(better) or 'none'} | "
            f"{', '.join(worse) or 'none'} |"
        )
    return lines


def _cell(row: MetricRow | None) -> str:
    if row is None or row.value != row.value:
        return ""
    return f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"


if __name__ == "__main__":
    main()
