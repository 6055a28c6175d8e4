"""The model card, written from what was measured and from nothing else."""

from collections.abc import Mapping, Sequence

from clinic.evaluation.training_run import Evaluation, TrainingOutcome
from clinic.records import Scale

SHOWN = {
    "mae": "mean absolute error, points",
    "rmse": "root mean square error, points",
    "ccc": "concordance correlation",
    "qwk": "quadratic-weighted kappa of bands",
    "within_one": "share within one band",
    "macro_f1": "macro-F1",
    "balanced_accuracy": "balanced accuracy",
    "auroc": "AUROC at the cut-off",
    "rps": "ranked probability score",
    "brier": "Brier score at the cut-off",
    "ece": "expected calibration error, equal-mass bins",
    "calibration_slope": "calibration slope",
    "calibration_intercept": "calibration intercept",
    "interval_coverage": "coverage of the interval",
    "interval_width": "mean width of the interval, points",
    "set_coverage": "coverage of the plausible bands",
    "set_size": "mean number of plausible bands",
    "moment_auroc": "AUROC of single segments",
    "moment_average_precision": "average precision of single segments",
    "moment_share_shown": "share of segments that show A/H",
}


def model_card(outcome: TrainingOutcome) -> str:
    """Return ``card.md``: intended use, data, metrics with intervals, limits."""
    summary = outcome.model.summary
    sizes = outcome.sizes
    lines = [f"# {summary.name} {summary.version}", ""]
    if summary.banner:
        lines += [f"**{summary.banner}**", ""]
    lines += [
        "## Intended use",
        "",
        "Research and demonstration. The estimates support, and never replace, the judgement of "
        "a qualified clinician; they are no diagnosis and no administered questionnaire, and "
        "say nothing about suicide risk.",
        "",
        "## Data",
        "",
        f"- Trained on: {summary.trained_on}",
        f"- Participants: {sizes['training']} trained the weights, {sizes['validation']} chose "
        f"when to stop, {sizes['calibration']} calibrated, {sizes['test']} tested. Nobody has "
        "two of these roles.",
        f"- Inputs: {_inputs(outcome)}",
        f"- Seed: {outcome.seed}",
        f"- Licence: {summary.licence}",
        "",
        "## Targets",
        "",
        *(f"- {_target(scale, outcome)}" for scale in outcome.model.scales),
        "",
        "## Results",
        "",
        "95 % intervals draw participants again. Intervals and sets of bands are conformal with "
        f"a nominal coverage of {outcome.calibration.coverage:.0%}.",
        "",
        *_results(outcome),
        "## Limits",
        "",
        "- The numbers hold for participants like those it was trained on. Recordings whose "
        "features lie far outside them are withheld, not estimated.",
        "- Coverage is a promise about people on average, not about one person.",
        "- Order of effects in time, culture, language and recording equipment beyond the "
        "training data was not tested.",
        "",
        f"Weights: SHA-256 `{summary.weights_sha256}`",
        "",
    ]
    return "\n".join(lines)


def _results(outcome: TrainingOutcome) -> list[str]:
    columns: dict[str, Evaluation] = {}
    if outcome.test is not None:
        columns[f"test, n = {outcome.sizes['test']}"] = outcome.test
    for name, evaluation in outcome.cross_validated.items():
        n_folds = len(evaluation.folds)
        label = "this model" if name == "fusion" else f"{name} (pooled statistics, linear)"
        columns[f"{label}, {n_folds} folds"] = evaluation
    if not columns:
        return ["No participant was kept apart for testing.", ""]
    lines = []
    for scale in outcome.model.scales:
        lines += [f"### {scale.name}", "", *_table(scale, columns)]
        floor = outcome.floor.get(f"{scale.condition}.mae_of_mean")
        if floor is not None:
            lines += ["", f"Always saying the training mean: mean absolute error {floor:.2f}."]
        lines.append("")
    return lines


def _table(scale: Scale, columns: Mapping[str, Evaluation]) -> list[str]:
    rows = [
        "| metric | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for metric, words in SHOWN.items():
        name = f"{scale.condition}.{metric}"
        if any(name in evaluation.pooled for evaluation in columns.values()):
            cells = [_cell(evaluation, name) for evaluation in columns.values()]
            rows.append(f"| {words} | " + " | ".join(cells) + " |")
    return rows


def _cell(evaluation: Evaluation, name: str) -> str:
    if name not in evaluation.pooled:
        return "-"
    text = f"{evaluation.pooled[name]:.2f}"
    if name in evaluation.intervals:
        low, high = evaluation.intervals[name]
        text += f" [{low:.2f}, {high:.2f}]"
    return text


def _inputs(outcome: TrainingOutcome) -> str:
    blocks: Sequence[str] = [
        f"{block.table} ({block.modality}, {block.width} columns)"
        for block in outcome.model.layout.blocks
    ]
    return "; ".join(blocks)


def _target(scale: Scale, outcome: TrainingOutcome) -> str:
    target = outcome.calibration.targets[str(scale.condition)]
    text = f"{scale.name}, calibrated on {target.n_subjects} participants"
    if target.half_width is not None:
        text += f", interval ± {target.half_width:.1f} points"
    return f"{text}. {scale.note}"
