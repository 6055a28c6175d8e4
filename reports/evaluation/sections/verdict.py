"""1 Verdict in plain words; a failed audit comes before everything."""

from clinic.evaluation.study.results import ComparisonRow, MetricRow, TargetFacts
from reports.blocks import Block, Bullets, Notice, Paragraph, Section, Subheading
from reports.evaluation.figures.alarm import alarm_figure
from reports.evaluation.numbers import cell, decimals, interval, probability_value, signed
from reports.evaluation.sections.common import drawing
from reports.evaluation.verdict import (
    FAILED,
    FusionVerdict,
    audit_state,
    best_of,
    checks_of,
    failed_checks,
    fusion_verdict,
    gain,
    is_better,
    is_worse,
)
from reports.evaluation.view import View

#: Winners named in the verdict; the rest stand among the comparisons.
MOST_NAMED = 4


def verdict_section(view: View) -> Section:
    """Return what a reader who stops here should take away."""
    words, result = view.words, view.result
    blocks: list[Block] = [*_alarm(view)]
    if result.is_simulated:
        simulated = words("verdict.simulated")
        blocks.append(Notice(heading=words("verdict.simulated_heading"), lines=(simulated,)))
    ran = [model for model in result.models if model.n_fits]
    blocks.append(
        Paragraph(
            text=words(
                "verdict.what",
                models=len(ran),
                given=len(result.models),
                targets=", ".join(target.title for target in result.targets),
                people=result.n_participants,
                recordings=result.n_recordings,
                folds=result.n_folds,
                repeats=result.n_repeats,
            )
        )
    )
    for target in result.targets:
        blocks += _target(view, target)
    blocks += [
        Subheading(text=words("verdict.audit_heading")),
        Paragraph(text=audit_sentence(view)),
    ]
    return Section(heading=words("verdict.heading"), blocks=tuple(blocks))


def _alarm(view: View) -> list[Block]:
    if audit_state(view) != FAILED:
        return []
    words, failed = view.words, failed_checks(view)
    heading = words("verdict.failed_heading")
    lines = [words("verdict.failed", n=len(failed), total=len(checks_of(view)))]
    for check in failed:
        told = [check.get("sentence"), check.get("advice")]
        sentence = " ".join(str(part) for part in told if part)
        name = check.get("name", "")
        lines.append(words("verdict.failed_check", name=name, sentence=sentence))
    band = drawing(
        lambda name, width: alarm_figure(heading, lines[0], figure_id=name, width=width),
        name="alarm",
        words=heading,
        caption="",
    )
    return [band, Notice(heading=heading, lines=tuple(lines), urgent=True)]


def _target(view: View, target: TargetFacts) -> list[Block]:
    words = view.words
    heading = Subheading(text=target.title)
    metric = target.headline[0] if target.headline else ""
    best = best_of(view, target, metric, ("single", "fused"))
    if best is None:
        return [heading, Paragraph(text=words("verdict.no_model", target=target.title))]
    n_models = sum(
        view.row(model.model, target.name, metric) is not None
        for model in view.models
        if view.role(model.model) != "floor"
    )
    first = words(
        "verdict.best",
        model=best.model,
        metric=view.metric_name(metric),
        value=cell(best),
        direction=view.direction(metric),
        people=best.n_participants,
        repeats=best.n_repeats,
    )
    items = [*_floor(view, target, best), *fusion_sentences(view, target, metric)]
    items += _other_metrics(view, target)
    if n_models > 1:
        items.append(words("verdict.optimism", n=n_models))
    return [heading, Paragraph(text=first, strong=True), Bullets(items=tuple(items))]


def _floor(view: View, target: TargetFacts, best: MetricRow) -> list[str]:
    """Say how far the best model is above what knows nothing of the participant."""
    words = view.words
    floor = best_of(view, target, best.metric, ("floor",))
    if floor is None:
        return [words("verdict.no_floor")]
    said = {"floor": floor.model, "value": cell(floor), "model": best.model}
    told = words("verdict.floor", people=floor.n_participants, **said)
    if view.loss(best.metric, best.value) >= view.loss(best.metric, floor.value):
        return [f"{told} {words('verdict.below_floor', **said)}"]
    rows = view.comparisons.get(target.name, ())
    found = [
        row
        for row in rows
        if (row.metric, row.model, row.against) == (best.metric, best.model, floor.model)
    ]
    if not found:
        return [f"{told} {words('verdict.floor_not_compared', **said)}"]
    row = found[0]
    key = "verdict.above_floor" if is_better(view, row) else "verdict.floor_chance"
    p = probability_value(row.p_holm)
    return [f"{told} {words(key, difference=difference_text(row), p=p, **said)}"]


def fusion_sentences(view: View, target: TargetFacts, metric: str) -> list[str]:
    """Say whether fusing modalities beat the best single one, plainly where it did not."""
    words = view.words
    found = fusion_verdict(view, target, metric)
    if not found.single:
        return [words("verdict.no_single")]
    if not found.compared:
        return [words("verdict.no_fusion", single=found.single)]
    told = _fusion(view, target, metric, found)
    worse = [row.model for row in found.compared if is_worse(view, row)]
    if not worse:
        return [told]
    names = ", ".join(worse[:MOST_NAMED])
    n, single = len(found.compared), found.single
    return [
        told,
        words("verdict.fusion_worse", worse=len(worse), n=n, single=single, names=names),
    ]


def _fusion(view: View, target: TargetFacts, metric: str, found: FusionVerdict) -> str:
    row = (found.winners or found.compared)[0]
    single = view.row(found.single, target.name, metric)
    said = {
        "single": found.single,
        "value": cell(single),
        "people": single.n_participants if single else 0,
        "metric": view.metric_name(metric),
        "model": row.model,
        "difference": difference_text(row),
        "p": probability_value(row.p_holm),
        "n": len(found.compared),
        "wins": len(found.winners),
        "names": ", ".join(winner.model for winner in found.winners[:MOST_NAMED]),
    }
    if found.winners:
        return view.words("verdict.fusion_wins", **said)
    key = "verdict.fusion_no_better" if gain(view, row) <= 0 else "verdict.fusion_chance"
    return view.words(key, **said)


def _other_metrics(view: View, target: TargetFacts) -> list[str]:
    """Count, for the other headline metrics, the fused models that beat a single modality."""
    found = {name: fusion_verdict(view, target, name) for name in target.headline[1:]}
    told = [
        view.words(
            "verdict.other",
            metric=view.metric_short(name),
            wins=len(verdict.winners),
            n=len(verdict.compared),
            single=verdict.single,
        )
        for name, verdict in found.items()
        if verdict.compared
    ]
    return [view.words("verdict.others", told="; ".join(told))] if told else []


def difference_text(row: ComparisonRow) -> str:
    """Return a difference with its sign and interval."""
    places = decimals(row.metric)
    return f"{signed(row.difference, places)} {interval(row.low, row.high, places)}"


def audit_sentence(view: View) -> str:
    """Say in a sentence how the leakage audit went."""
    checks = checks_of(view)
    return view.words(
        f"verdict.audit_{audit_state(view)}", n=len(checks), failed=len(failed_checks(view))
    )
