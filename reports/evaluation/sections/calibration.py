"""6 Calibration: do probabilities, intervals and sets keep what they promise?"""

import math

from clinic.evaluation.study.results import TargetFacts
from clinic.evaluation.table import ABOUT
from reports.blocks import Block, Paragraph, Section, Subheading
from reports.evaluation.figures.axis import Axis
from reports.evaluation.figures.panels import Panel, Panels, Series, panels_figure, parts_of
from reports.evaluation.numbers import cell
from reports.evaluation.sections.common import (
    Column,
    drawing,
    legend,
    metric_heading,
    model_tables,
)
from reports.evaluation.view import View, span
from reports.phrases import percent

PROBABILITIES = (
    "ece", "classwise_ece", "brier", "log_loss", "calibration_slope", "calibration_intercept",
)  # fmt: skip
PROMISES = ("interval_coverage", "interval_width", "set_coverage", "set_size")
UNIT = Axis(low=0.0, high=1.0, ticks=((0.0, "0"), (0.5, "0.5"), (1.0, "1")))


def calibration_section(view: View) -> Section:
    """Return reliability curves, and tables of probabilities and of promised coverage."""
    words = view.words
    promise = percent(view.result.coverage)
    blocks: list[Block] = [Paragraph(text=words("calibration.explain", promise=promise))]
    for index, target in enumerate(view.result.targets):
        blocks += [Subheading(text=target.title), *_reliability(view, target, index)]
        known = view.metrics_of(target)
        for names, key in ((PROBABILITIES, "probabilities"), (PROMISES, "promises")):
            shown = [name for name in names if name in known]
            if not shown:
                continue
            columns = [Column(heading=metric_heading(view, name), metric=name) for name in shown]
            description = words(f"calibration.{key}", target=target.title, promise=promise)
            blocks += [Subheading(text=description), legend(view, shown)]
            blocks += model_tables(view, target, columns, description)
    noted = {about.note for name, about in ABOUT.items() if about.note and name in PROBABILITIES}
    blocks += [
        Paragraph(text=words("calibration.note", note=note), small=True) for note in sorted(noted)
    ]
    return Section(heading=words("calibration.heading"), blocks=tuple(blocks))


def _reliability(view: View, target: TargetFacts, index: int) -> list[Block]:
    words = view.words
    if not any((m.model, target.name, "reliability") in view.curves for m in view.models):
        return [Paragraph(text=words("calibration.no_curve", target=target.title), small=True)]
    panels, told = [], []
    for model in view.models:
        points = view.curves.get((model.model, target.name, "reliability"), ())
        diagonal = Series(points=[(0.0, 0.0), (1.0, 1.0)], style="reference")
        observed = Series(points=[(p.x, p.y) for p in points], has_dots=True)
        series = [diagonal, observed] if points else []
        panels.append(
            Panel(
                title=model.model,
                series=series,
                missing="" if points else words("figure.missing"),
            )
        )
        error = cell(view.row(model.model, target.name, "ece"))
        told.append(words("calibration.figure_model", model=model.model, ece=error))
    sizes = [
        p.n
        for m in view.models
        for p in view.curves.get((m.model, target.name, "reliability"), ())
        if math.isfinite(p.y)
    ]
    return curve_figures(
        view,
        panels,
        (UNIT, UNIT),
        name=f"reliability-{index}",
        key="calibration",
        said={
            "target": target.title,
            "rows": "; ".join(told),
            "sizes": span(sizes),
            "repeats": view.result.n_repeats,
        },
    )


def curve_figures(
    view: View,
    panels: list[Panel],
    axes: tuple[Axis, Axis],
    *,
    name: str,
    key: str,
    said: dict[str, object],
) -> list[Block]:
    """Return small drawings of all models, over several figures where there are many.

    Args:
        key: Prefix of the wording: ``figure``, ``figure_title``, ``axes`` and ``caption``.
        said: Fills the gaps of that wording.
    """
    words = view.words
    description = words(f"{key}.figure", **said)
    blocks: list[Block] = []
    for number, part in enumerate(parts_of(panels)):
        figure = Panels(
            panels=part,
            x=axes[0],
            y=axes[1],
            axes_words=words(f"{key}.axes", **said),
            title=words(f"{key}.figure_title", **said),
            description=description,
        )
        blocks.append(
            drawing(
                lambda made, width, figure=figure: panels_figure(  # type: ignore[misc]
                    figure, figure_id=made, width=width
                ),
                name=f"{name}-{number}",
                words=description,
                caption=words(f"{key}.caption", **said),
            )
        )
    return blocks
