"""7 Decision curves, and what declining to answer buys."""

from clinic.evaluation.study.results import CurveRow, TargetFacts
from reports.blocks import Block, Paragraph, Section, Subheading
from reports.evaluation.figures.axis import axis_of
from reports.evaluation.figures.panels import Panel, Series
from reports.evaluation.numbers import number
from reports.evaluation.sections.calibration import UNIT, curve_figures
from reports.evaluation.view import View

#: Below it net benefit is plainly worse than acting on nobody; how much worse is left off.
LOWEST = -0.1


def decisions_section(view: View) -> Section:
    """Return decision curves and risk-coverage curves per target."""
    words = view.words
    blocks: list[Block] = [Paragraph(text=words("decisions.explain"))]
    for index, target in enumerate(view.result.targets):
        blocks.append(Subheading(text=target.title))
        blocks += [*_benefit(view, target, index), *_risk(view, target, index)]
    return Section(heading=words("decisions.heading"), blocks=tuple(blocks))


def _curves(view: View, target: TargetFacts, name: str) -> dict[str, tuple[CurveRow, ...]]:
    return {m.model: view.curves.get((m.model, target.name, name), ()) for m in view.models}


def _benefit(view: View, target: TargetFacts, index: int) -> list[Block]:
    words = view.words
    curves, everybody = _curves(view, target, "net_benefit"), _curves(view, target, "treat_all")
    points = [point for curve in curves.values() for point in curve]
    if not points:
        return [Paragraph(text=words("decisions.no_curve", target=target.title), small=True)]
    panels, told = [], []
    for model, curve in curves.items():
        low, high = [p.low for p in curve], [p.high for p in curve]
        series = [
            Series(points=[(p.x, 0.0) for p in curve], style="reference"),
            Series(points=[(p.x, p.y) for p in curve], low=low, high=high),
            Series(points=[(p.x, p.y) for p in everybody[model]], style="second"),
        ]
        missing = "" if curve else words("figure.missing")
        panels.append(Panel(title=model, series=series[: 3 if curve else 0], missing=missing))
        told += [
            words(
                "decisions.figure_model",
                model=model,
                threshold=number(p.x),
                value=number(p.y, 3),
                low=number(p.low, 3),
                high=number(p.high, 3),
            )
            for p in curve[len(curve) // 2 : len(curve) // 2 + 1]
        ]
    heights = [max(value, LOWEST) for p in points for value in (p.y, p.low, p.high)]
    rises = [max(p.y, LOWEST) for curve in everybody.values() for p in curve]
    y = axis_of([*heights, *rises, LOWEST, 0.0], n_ticks=3)
    x = axis_of([0.0, max(p.x for p in points)], n_ticks=3)
    return curve_figures(
        view,
        panels,
        (x, y),
        name=f"benefit-{index}",
        key="decisions",
        said=_said(view, target, points, told) | {"lowest": number(y.low, 1)},
    )


def _risk(view: View, target: TargetFacts, index: int) -> list[Block]:
    words = view.words
    curves = _curves(view, target, "risk_coverage")
    points = [point for curve in curves.values() for point in curve]
    if not points:
        return [Paragraph(text=words("risk.no_curve", target=target.title), small=True)]
    panels, told = [], []
    for model, curve in curves.items():
        series = [Series(points=[(p.x, p.y) for p in curve], has_dots=True)] if curve else []
        if curve:
            # What order at random would give: the error among all, at every share answered.
            level = [(p.x, curve[-1].y) for p in curve]
            series.insert(0, Series(points=level, style="second"))
            middle = min(curve, key=lambda p: abs(p.x - 0.5))
            told.append(
                words(
                    "risk.figure_model",
                    model=model,
                    share=number(middle.x, 1),
                    half=number(middle.y),
                    whole=number(curve[-1].y),
                )
            )
        panels.append(
            Panel(title=model, series=series, missing="" if curve else words("figure.missing"))
        )
    said = _said(view, target, points, told)
    said["error"] = words("risk.points" if target.kind == "score" else "risk.wrong")
    y = axis_of([0.0, *(p.y for p in points)], n_ticks=3)
    return curve_figures(view, panels, (UNIT, y), name=f"risk-{index}", key="risk", said=said)


def _said(
    view: View, target: TargetFacts, points: list[CurveRow], told: list[str]
) -> dict[str, object]:
    return {
        "target": target.title,
        "rows": "; ".join(told),
        "people": max(p.n for p in points),
        "repeats": view.result.n_repeats,
    }
