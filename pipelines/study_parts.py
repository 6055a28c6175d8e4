"""Parts of an evaluation from its configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from omegaconf import DictConfig, OmegaConf

from clinic.calibration.conformal import TooFewSubjectsError, rank_needed
from clinic.config import build, build_list
from clinic.datasets.merging import with_common_table, with_same_tables
from clinic.errors import SetupError
from clinic.evaluation.audit import Verdict
from clinic.evaluation.study import (
    Contender,
    FusionContender,
    SplitFile,
    StudyData,
    official_split,
    planned_split,
)
from clinic.evaluation.study.audit import StudyAudit
from clinic.evaluation.study.results import EvaluationResult
from clinic.evaluation.study.source import Source, find_source, read_sources
from clinic.evaluation.target import Target
from clinic.fusion import strata_of
from clinic.records import Case, Reference, Scale

#: Parts of the configuration that decide a model's numbers, beside the model itself.
SHARED_SETTINGS = ("scales", "calibration", "trainer")
#: Parts that the report shows: settings, never where data lie.
SHOWN_SETTINGS = (
    "experiment",
    "identity",
    "tables",
    "models",
    "only",
    "scales",
    "calibration",
    "trainer",
    "robustness",
    "splits",
    "subgroups",
    "conflict_strata",
    "metadata_attributes",
    "compare_with",
    "n_draws",
    "seed",
)
SIMULATED = "clinic.simulate"
PARTICIPANT, RECORDING = "participant", "recording"


def say(words: str) -> None:
    """Print a progress line."""
    click.echo(words, err=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """What was read.

    Args:
        split: The data's own split, None without one.
        aliases: Pairs of participant ids that are one person.
    """

    cases: list[Case]
    references: list[Reference]
    split: SplitFile | None
    aliases: tuple[tuple[str, str], ...] = ()


def inputs_of(config: DictConfig, folder: Path, scales: Sequence[Scale]) -> Inputs:
    """Read cases, references and the data's own split, importing corpora first.

    Raises:
        SetupError: Nothing to read, or an identity that is neither of the two.
    """
    sources = _sources(config, folder)
    cases, references = read_sources(sources, scales)
    for name, tables in config.get("common_tables", {}).items():
        cases = with_common_table(cases, str(name), list(tables))
    cases, dropped = with_same_tables(cases)
    if dropped:
        say(f"not in all recordings, left out: {', '.join(dropped)}")
    if config.identity == RECORDING:
        return _rows_as_people(cases, references)
    if config.identity != PARTICIPANT:
        raise SetupError(f"identity is {config.identity!r}: {PARTICIPANT} or {RECORDING} needed")
    splits = [source.split for source in sources if source.split is not None]
    if len(splits) > 1:
        # The split of one corpus says nothing about people who are in the other too.
        say("several corpora: their own splits are not used")
        splits = []
    split = SplitFile.read(splits[0]) if splits else None
    return Inputs(cases=cases, references=references, split=split)


def _rows_as_people(cases: Sequence[Case], references: Sequence[Reference]) -> Inputs:
    """Treat every recording as a person of its own, and keep who is who for the audit."""
    first: dict[str, str] = {}
    aliases = []
    for reference in references:
        other = first.setdefault(reference.participant_id, reference.recording_id)
        if other != reference.recording_id:
            aliases.append((other, reference.recording_id))
    return Inputs(
        cases=[replace(case, participant_id=case.recording_id) for case in cases],
        references=[replace(r, participant_id=r.recording_id) for r in references],
        split=None,
        aliases=tuple(aliases),
    )


def _sources(config: DictConfig, folder: Path) -> list[Source]:
    given = {
        name: Path(config[name]) if config[name] else None
        for name in ("labels", "moments", "split")
    }
    if config.corpora:
        from pipelines.corpora import imported

        return [
            find_source(
                imported(str(name), part, folder / "data" / str(name), workers=config.workers)
            )
            for name, part in config.corpora.items()
        ]
    if config.source is None:
        raise SetupError("no data: give a folder, or corpora with their roots (source, corpora)")
    return [find_source(Path(config.source), **given)]


def scales_of(config: DictConfig) -> tuple[Scale, ...]:
    """Return the scales in the order of the report."""
    return build_list(config.scales)


def class_targets(config: DictConfig) -> tuple[Target, ...]:
    """Return the targets of unordered classes."""
    return tuple(build(config.class_targets[name]) for name in config.class_targets)


def split_of(
    config: DictConfig, data: StudyData, scales: Sequence[Scale], official: SplitFile | None
) -> SplitFile:
    """Return the data's own split, its open roles filled in, or folds drawn for it.

    Raises:
        SetupError: Too few participants to train, to choose or to calibrate.
    """
    plan = build(config.splits)
    people = list(data.references.values())
    known = [s for s in scales if any(s.condition in r.scores for r in people)]
    strata = strata_of(people, known[0]) if known else {r.participant_id: 0 for r in people}
    if official is not None and not config.ignore_split:
        split = official_split(official, plan, strata, seed=config.seed)
    else:
        split = planned_split(plan, strata, seed=config.seed)
    wanted = {"training": True, "validation": True, "calibration": plan.calibration_share > 0}
    _require_roles(split, data.participants, [role for role in wanted if wanted[role]], config)
    return split


def _require_roles(
    split: SplitFile, present: frozenset[str], roles: Sequence[str], config: DictConfig
) -> None:
    """Say before the first fit which fold is too small for which role."""
    for fold in split.folds:
        where = f"split {split.name}, repeat {fold.repeat}, fold {fold.number}"
        people = {role: len(getattr(fold.split, role) & present) for role in roles}
        empty = [role for role in roles if not people[role]]
        if empty:
            raise SetupError(
                f"{where}: nobody with features is left for {empty[0]}: more participants or "
                "other shares needed (splits)"
            )
        if "calibration" in roles:
            try:
                rank_needed(people["calibration"], coverage=config.calibration.coverage)
            except TooFewSubjectsError as error:
                raise SetupError(f"{where}: {error} (splits.calibration_share)") from error


def contenders_of(config: DictConfig, scales: Sequence[Scale]) -> dict[str, Contender]:
    """Build the models that are wanted, in order.

    Raises:
        SetupError: A wanted model does not exist.
    """
    names = [str(name) for name in config.models if config.models[name] is not None]
    unknown = [name for name in config.only or [] if name not in names]
    if unknown:
        raise SetupError(f"no model {unknown[0]}: {', '.join(names)} (only)")
    fitter, trainer = build(config.calibration), build(config.trainer)
    found: dict[str, Contender] = {}
    for name in names:
        if config.only is None or name in config.only:
            model = build(config.models[name])
            is_recipe = hasattr(model, "network")
            found[name] = (
                FusionContender(recipe=model, scales=scales, fitter=fitter, trainer=trainer)
                if is_recipe
                else model
            )
    return found


def settings_text(config: DictConfig, name: str) -> str:
    """Return what a model's numbers depend on, as YAML."""
    parts = {key: config[key] for key in SHARED_SETTINGS}
    return OmegaConf.to_yaml(OmegaConf.create({"model": config.models[name], **parts}))


def kept_settings(config: DictConfig) -> Mapping[str, Any]:
    """Return the settings that decide numbers, as plain values."""
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    return {key: plain[key] for key in SHOWN_SETTINGS if key in plain}


def audit_of(
    config: DictConfig, targets: Sequence[Target], aliases: Sequence[tuple[str, str]]
) -> StudyAudit:
    """Build the leakage audit of an evaluation."""
    return StudyAudit(
        audit=build(config.audit),
        targets=targets,
        sealed_models=config.sealed_models,
        aliases=aliases,
        seed=config.seed,
    )


def audit_failed(result: EvaluationResult) -> bool:
    """Tell whether a check of the leakage audit failed."""
    return result.audit is not None and result.audit["verdict"] == str(Verdict.FAIL)


def is_simulated(data: StudyData) -> bool:
    """Tell whether a recording or its features were simulated."""
    return any(
        case.recording_id.startswith("sim-")
        or any(table.stamp.component.startswith(SIMULATED) for table in case.tables)
        for case in data.cases
    )
