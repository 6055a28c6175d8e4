"""``clinic evaluate``: models compared on the same people, folds and seeds."""

from pathlib import Path

import click
from omegaconf import DictConfig

from clinic.config import build
from clinic.errors import SetupError
from clinic.evaluation.study.collect import Collector
from clinic.evaluation.study.data import StudyData, targets_of
from clinic.evaluation.study.evaluation import Evaluation, with_settings
from clinic.evaluation.study.groups import conflict_values, levels_of
from clinic.evaluation.study.results import EvaluationResult, write_result
from clinic.io.atomic import write_text
from pipelines import study_parts as parts
from reports.evaluation import write_report


def run(config: DictConfig) -> int:
    """Fit, score, audit and write the report; 0 all well, 1 a fit or the audit failed."""
    folder = Path(config.out)
    scales = parts.scales_of(config)
    inputs = parts.inputs_of(config, folder, scales)
    data = StudyData.of(inputs.cases, inputs.references, config.metadata_attributes)
    split = parts.split_of(config, data, scales, inputs.split)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "split.json", split.to_json())
    targets = (*targets_of(scales), *parts.class_targets(config))
    contenders = parts.contenders_of(config, scales)
    conflict = conflict_values(data, config.conflict_strata.table, config.conflict_strata.columns)
    evaluation = Evaluation(
        title=config.title,
        contenders=contenders,
        settings={name: parts.settings_text(config, name) for name in contenders},
        data=data,
        targets=targets,
        split=split,
        degradations=build(config.robustness) if config.get("robustness") else None,
        collector=Collector(
            n_draws=config.n_draws,
            compare_with=config.compare_with,
            least_participants=config.subgroups.least_n,
            seed=config.seed,
        ),
        levels=levels_of(data, split, config.subgroups.attributes, conflict),
        audit=parts.audit_of(config, targets, inputs.aliases) if config.get("audit") else None,
        coverage=config.calibration.coverage,
        is_simulated=parts.is_simulated(data),
        seed=config.seed,
    )
    result = evaluation.run(folder, workers=config.workers, progress=parts.say)
    result = with_settings(result, parts.kept_settings(config))
    write_result(folder, result)
    write_report(folder, result, paper=config.paper)
    try:
        build(config.tracking).log_evaluation(result, folder, result.settings)
    except SetupError as error:
        # The report is written: a tracking store that fails must not take it back.
        parts.say(str(error))
    return _close(result, folder)


def _close(result: EvaluationResult, folder: Path) -> int:
    failed = [row for row in result.models if row.n_failed]
    for row in result.models:
        if row.problem:
            click.echo(f"{row.model}: {row.problem}", err=True)
    has_leak = parts.audit_failed(result)
    if has_leak:
        click.echo("leakage audit FAILED: the numbers are not to be trusted", err=True)
    click.echo(f"{result.title}: {result.n_participants} participants, {folder / 'report.html'}")
    return 1 if failed or has_leak else 0
