"""Per condition the settled estimate on its scale, or the reason why there is none."""

import math

from clinic.records import Scale, SeverityEstimate, Withheld
from clinic.units import clock
from reports.blocks import Block, Figure, Notice, Paragraph, Section, Subheading
from reports.figures.probability import Moment, moment_strip, probability_bar
from reports.figures.scale_strip import Band, ScoreStrip, score_strip
from reports.phrases import percent, scale_end, score
from reports.sections.view import NARROW, WIDE, View


def summary_section(view: View) -> Section:
    """Return all conditions in the order of the result."""
    words = view.words
    if view.result.model is None:
        notice = Notice(
            heading=words("summary.no_model"), lines=words.each("summary.no_model_lines")
        )
        return Section(heading=words("summary.heading"), blocks=(notice,))
    blocks: list[Block] = []
    for settled in view.result.estimates:
        if isinstance(settled, Withheld):
            blocks += _withheld(view, settled)
        elif settled.score is None:
            blocks += _rating(view, settled)
        else:
            blocks += _scored(view, settled)
        blocks.append(Paragraph(text=settled.scale.note, small=True))
    scored = [e for e in view.result.estimates if isinstance(e, SeverityEstimate) and e.interval]
    if scored:
        how = words("summary.how_to_read", coverage=percent(scored[0].coverage))
        blocks.insert(0, Paragraph(text=how, small=True))
    return Section(heading=words("summary.heading"), blocks=tuple(blocks))


def _withheld(view: View, withheld: Withheld) -> list[Block]:
    words = view.words
    reason = words("summary.withheld_reason", reason=withheld.reason.rstrip("."))
    return [
        _heading(view, withheld.scale, words("summary.withheld_aside"), ""),
        Notice(heading=words("summary.withheld"), lines=(reason,)),
    ]


def _scored(view: View, estimate: SeverityEstimate) -> list[Block]:
    words, scale = view.words, estimate.scale
    assert estimate.score is not None
    assert estimate.interval is not None
    low, high = (score(end) for end in estimate.interval)
    said = {
        "scale": scale.name,
        "score": score(estimate.score),
        "minimum": scale_end(scale.minimum),
        "maximum": scale_end(scale.maximum),
        "coverage": percent(estimate.coverage),
        "low": low,
        "high": high,
        "cutoff": scale_end(scale.cutoff),
    }
    sentences = [
        words("summary.score", **said),
        _plausible(view, estimate),
        words("summary.cutoff", probability=percent(estimate.cutoff_probability), **said),
    ]
    bands = ", ".join(
        words("summary.band_probability", band=name, probability=percent(p))
        for name, p in zip(scale.band_names, estimate.probabilities, strict=True)
    )
    strip = ScoreStrip(
        bands=_bands(estimate),
        score=estimate.score,
        interval=estimate.interval,
        labels=(low, high),
        cutoff=scale.cutoff,
        cutoff_label=words("figure.cutoff", **said),
        title=words("summary.figure_score_title", **said),
        description=words("summary.figure_score", bands=bands, **said),
    )
    name = f"scale-{scale.condition.value}"
    return [
        _heading(view, scale, score(estimate.score), words("summary.score_note", **said)),
        Paragraph(text=" ".join(sentences)),
        Figure(
            svg=score_strip(strip, figure_id=name, width=WIDE),
            narrow_svg=score_strip(strip, figure_id=f"{name}-narrow", width=NARROW),
            description=strip.description,
        ),
    ]


def _rating(view: View, estimate: SeverityEstimate) -> list[Block]:
    words, scale = view.words, estimate.scale
    probability = estimate.cutoff_probability
    said = {
        "scale": scale.name,
        "band": scale.band_names[scale.cutoff_band],
        "probability": percent(probability),
        "coverage": percent(estimate.coverage),
    }
    left = estimate.plausible_bands
    if len(left) > 1:
        decision = words("summary.rating_undecided", **said)
    else:
        remaining = said | {"band": scale.band_names[left[0]]}
        decision = words("summary.rating_decided", **remaining)
    description = words("summary.figure_rating", **said)
    name = f"rating-{scale.condition.value}"

    def drawn(width: float, figure_id: str) -> str:
        return probability_bar(
            probability,
            title=words("summary.figure_rating_title", **said),
            description=description,
            figure_id=figure_id,
            width=width,
        )

    blocks: list[Block] = [
        _heading(view, scale, said["probability"], words("summary.rating_note")),
        Paragraph(text=f"{words('summary.rating', **said)} {decision}"),
    ]
    bar = Figure(
        svg=drawn(WIDE, name),
        narrow_svg=drawn(NARROW, f"{name}-narrow"),
        description=description,
    )
    # Where the moments are known, their strip says more than one bar beside a printed number.
    return [*blocks, *(_moments(view, estimate) or [bar])]


def _moments(view: View, estimate: SeverityEstimate) -> list[Block]:
    seen = [m for m in estimate.moments if math.isfinite(m.probability)]
    if not seen:
        return []
    words, name = view.words, estimate.scale.name
    highest = max(seen, key=lambda m: m.probability)
    description = words(
        "summary.figure_moments",
        scale=name,
        highest=percent(highest.probability),
        time=clock(highest.start_s),
    )
    duration_s = view.result.media.duration_s

    def drawn(width: float, figure_id: str) -> str:
        return moment_strip(
            [Moment(start_s=m.start_s, end_s=m.end_s, probability=m.probability) for m in seen],
            duration_s=duration_s,
            minutes_label=words("figure.minutes"),
            title=words("summary.figure_moments_title", scale=name),
            description=description,
            figure_id=figure_id,
            width=width,
        )

    figure_id = f"moments-{estimate.condition.value}"
    caption = words("summary.moments_caption", scale=name)
    return [
        Figure(
            svg=drawn(WIDE, figure_id),
            narrow_svg=drawn(NARROW, f"{figure_id}-narrow"),
            description=description,
            caption=caption,
        )
    ]


def _heading(view: View, scale: Scale, aside: str, note: str) -> Subheading:
    text = view.words(
        "summary.heading_one",
        condition=view.words(f"condition.{scale.condition.value}"),
        scale=scale.name,
    )
    return Subheading(text=text, aside=aside, aside_note=note)


def _plausible(view: View, estimate: SeverityEstimate) -> str:
    coverage = percent(estimate.coverage)
    if len(estimate.plausible_bands) == estimate.scale.n_bands:
        return view.words("summary.plausible_all", coverage=coverage)
    names = tuple(estimate.scale.band_names[i] for i in estimate.plausible_bands)
    return view.words("summary.plausible", coverage=coverage, bands=view.words.either(names))


def _bands(estimate: SeverityEstimate) -> tuple[Band, ...]:
    scale = estimate.scale
    ends = [*scale.band_starts[1:], scale.maximum]
    return tuple(
        Band(
            name=scale.band_names[i],
            start=scale.band_starts[i],
            end=ends[i],
            probability=estimate.probabilities[i],
            probability_label=percent(estimate.probabilities[i]),
            is_plausible=i in estimate.plausible_bands,
        )
        for i in range(scale.n_bands)
    )
