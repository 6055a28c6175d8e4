"""Where words, voice and face disagree: the whole interview, then its strongest moments."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinic.records import (
    OBSERVED_MODALITIES,
    Evidence,
    FeatureTable,
    InconsistencySignals,
    Reading,
)
from clinic.units import clock
from reports.blocks import Block, Entries, Entry, Figure, Paragraph, Section, Subheading
from reports.figures.timeline import Timeline, TimelineLabels, Track, steps_for, timeline_figure
from reports.phrases import deviation, minutes, percent, quoted, score, span
from reports.sections.view import NARROW, WIDE, View

#: Below this the reader is told how much of the stretch was seen.
_SEEN_THROUGHOUT = 0.995


def timeline_section(view: View) -> Section:
    """Return the drawing and the numbered moments, or that nothing could be compared."""
    words, signals = view.words, view.result.inconsistency
    heading = words("timeline.heading")
    if signals is None:
        return Section(heading=heading, blocks=(Paragraph(text=words("timeline.none")),))
    if not signals.evidence and not np.isfinite(signals.segments.values).any():
        return Section(heading=heading, blocks=(Paragraph(text=words("timeline.nothing")),))
    size = disagreement(signals.segments, view.disagreement)
    shown = sorted(signals.evidence[: view.max_moments], key=lambda e: e.start_s)
    blocks: list[Block] = [
        _figure(view, signals, size, shown),
        Paragraph(text=words("timeline.explain"), small=True),
        Subheading(text=words("timeline.strongest")),
    ]
    if not shown:
        blocks.append(Paragraph(text=words("timeline.no_moments")))
        return Section(heading=heading, blocks=tuple(blocks))
    total = len(signals.evidence)
    if total > len(shown):
        told = words("timeline.shown", shown=len(shown), total=total)
        blocks.append(Paragraph(text=told, small=True))
    entries = tuple(_entry(view, number, item) for number, item in enumerate(shown, start=1))
    return Section(heading=heading, blocks=(*blocks, Entries(items=entries)))


def disagreement(table: FeatureTable, notable: Mapping[str, float]) -> NDArray[np.float64]:
    """Return per segment the strongest disagreement relative to the size that is notable.

    Args:
        table: Segment-level disagreements.
        notable: By column, the size that counts as 1; columns that the table lacks are left out.

    Returns:
        Shape (n_segments,), 0 or more; NaN where no column was observed.
    """
    shares = [_column(table, name) / size for name, size in notable.items()]
    stacked = np.stack([np.full(table.n_rows, np.nan), *shares])
    is_seen = np.isfinite(stacked)
    largest = np.where(is_seen, stacked, 0.0).max(axis=0)
    return np.where(is_seen.any(axis=0), largest, np.nan)


def _figure(
    view: View,
    signals: InconsistencySignals,
    size: NDArray[np.float64],
    shown: list[Evidence],
) -> Figure:
    words, affect, duration_s = view.words, signals.affect, signals.duration_s
    marks = [(str(number), item.start_s) for number, item in enumerate(shown, start=1)]
    told = ", ".join(
        words("timeline.figure_moment", number=number, time=clock(time_s))
        for number, time_s in marks
    )
    description = words(
        "timeline.figure",
        length=minutes(duration_s),
        moments=told or words("timeline.figure_no_moments"),
    )
    timeline = Timeline(
        middle_s=(affect.start_s + affect.end_s) / 2,
        tracks=[
            Track(
                label=view.modality(modality),
                when_empty=words(
                    "figure.no_average" if modality in view.observed else "figure.not_observed"
                ),
                valence=_column(affect, f"{modality.value}_valence"),
                arousal=_column(affect, f"{modality.value}_arousal"),
            )
            for modality in OBSERVED_MODALITIES
        ],
        disagreement=size,
        marks=marks,
        duration_s=duration_s,
    )
    labels = TimelineLabels(
        title=words("timeline.figure_title"),
        description=description,
        disagreement=words("figure.disagreement"),
        not_measured=words("figure.not_measured"),
        valence=words("figure.valence"),
        arousal=words("figure.arousal"),
        minutes=words("figure.minutes"),
    )
    meanings = [spec.meaning for spec in signals.segments.specs if spec.name in view.disagreement]
    caption = words("timeline.caption")
    if meanings:
        caption += " " + words("timeline.disagreement", measures="; ".join(meanings))
    if affect.n_rows > steps_for(WIDE):
        caption += " " + words("timeline.binned", n=affect.n_rows, bins=steps_for(WIDE))
    return Figure(
        svg=timeline_figure(timeline, labels, figure_id="timeline", width=WIDE),
        narrow_svg=timeline_figure(timeline, labels, figure_id="timeline-narrow", width=NARROW),
        description=description,
        caption=caption,
    )


def _entry(view: View, number: int, item: Evidence) -> Entry:
    words = view.words
    readings = tuple(_reading(view, reading) for reading in item.readings)
    return Entry(
        number=str(number),
        lead=words(
            "timeline.lead", time=span(item.start_s, item.end_s), strength=score(item.strength)
        ),
        text=item.sentence,
        quote=quoted(item.quote) if item.quote else "",
        note=" · ".join(readings),
    )


def _reading(view: View, reading: Reading) -> str:
    key = "timeline.reading" if reading.confidence > _SEEN_THROUGHOUT else "timeline.reading_partly"
    return view.words(
        key,
        modality=view.modality(reading.modality),
        quantity=reading.quantity,
        value=deviation(reading.value),
        share=percent(reading.confidence),
    )


def _column(table: FeatureTable, name: str) -> NDArray[np.float64]:
    if name in table.columns:
        return table.column(name)
    return np.full(table.n_rows, np.nan)
