"""Where words, voice and face disagree: the whole interview, then its strongest moments."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clinic.records import (
    OBSERVED_MODALITIES,
    RARITY,
    Evidence,
    FeatureTable,
    InconsistencySignals,
    Modality,
    ReactionLag,
    Reading,
)
from clinic.units import clock
from reports.blocks import Block, Bullets, Entries, Entry, Figure, Paragraph, Section, Subheading
from reports.figures.timeline import Timeline, TimelineLabels, Track, steps_for, timeline_figure
from reports.phrases import deviation, minutes, percent, quoted, score, span
from reports.sections.view import NARROW, WIDE, View

#: Below this the reader is told how much of the stretch was seen.
_SEEN_THROUGHOUT = 0.995
#: Signals named per reason why they were not measured.
_NAMED = 3


def timeline_section(view: View) -> Section:
    """Return the drawing and the numbered moments, or that nothing could be compared."""
    words, signals = view.words, view.result.inconsistency
    heading = words("timeline.heading")
    if signals is None:
        return Section(heading=heading, blocks=(Paragraph(text=words("timeline.none")),))
    if not signals.evidence and not np.isfinite(signals.segments.values).any():
        return Section(heading=heading, blocks=(Paragraph(text=words("timeline.nothing")),))
    shown = sorted(signals.evidence[: view.max_moments], key=lambda e: e.start_s)
    blocks: list[Block] = [
        _figure(view, signals, shown),
        Paragraph(text=words("timeline.explain"), small=True),
        Subheading(text=words("timeline.strongest")),
    ]
    total = len(signals.evidence)
    if not shown:
        blocks.append(Paragraph(text=words("timeline.no_moments")))
    elif total > len(shown):
        told = words("timeline.shown", shown=len(shown), total=total)
        blocks.append(Paragraph(text=told, small=True))
    if shown:
        entries = tuple(_entry(view, number, item) for number, item in enumerate(shown, start=1))
        blocks.append(Entries(items=entries))
    blocks += _stretches(view, signals)
    lines = _unmeasured(view, signals)
    if lines:
        blocks += [Subheading(text=words("timeline.not_told")), Bullets(items=lines, small=True)]
    return Section(heading=heading, blocks=tuple(blocks))


def moment_rarity(signals: InconsistencySignals) -> NDArray[np.float64]:
    """Return per segment the rarity by which moments are ranked.

    Returns:
        Shape (n_segments,), bits; 0 where nothing is notable, NaN where nothing was compared.
    """
    table = signals.surprise
    if table is None:
        return np.full(signals.segments.n_rows, np.nan)
    return _column(table, RARITY)


def _figure(
    view: View,
    signals: InconsistencySignals,
    shown: list[Evidence],
) -> Figure:
    words, duration_s = view.words, signals.duration_s
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
    timeline = timeline_of(view, signals, shown)
    labels = TimelineLabels(
        title=words("timeline.figure_title"),
        description=description,
        disagreement=words("figure.disagreement"),
        not_measured=words("figure.not_measured"),
        valence=words("figure.valence"),
        arousal=words("figure.arousal"),
        minutes=words("figure.minutes"),
    )
    caption = [words("timeline.caption") if shown else words("timeline.caption_no_moments")]
    if np.isfinite(timeline.disagreement).any():
        caption.append(words("timeline.disagreement"))
    caption += [_lag(view, lag) for lag in signals.lags if _is_told(lag)]
    n_points = max(len(track.time_s) for track in timeline.tracks)
    if n_points > steps_for(WIDE):
        caption.append(words("timeline.binned"))
    return Figure(
        svg=timeline_figure(timeline, labels, figure_id="timeline", width=WIDE),
        narrow_svg=timeline_figure(timeline, labels, figure_id="timeline-narrow", width=NARROW),
        description=description,
        caption=" ".join(caption),
    )


def timeline_of(view: View, signals: InconsistencySignals, shown: Sequence[Evidence]) -> Timeline:
    """Return what the drawing shows: tracks on the fixed grid where there is one."""
    tracks = signals.affect if signals.grid is None else signals.grid
    segments = signals.segments
    return Timeline(
        middle_s=(segments.start_s + segments.end_s) / 2,
        tracks=[
            Track(
                label=view.modality(modality),
                when_empty=words_when_empty(view, modality),
                time_s=(tracks.start_s + tracks.end_s) / 2,
                valence=_column(tracks, f"{modality.value}_valence"),
                arousal=_column(tracks, f"{modality.value}_arousal"),
            )
            for modality in OBSERVED_MODALITIES
        ],
        disagreement=moment_rarity(signals),
        shown_from=_least(signals, shown),
        marks=[(str(number), item.start_s) for number, item in enumerate(shown, start=1)],
        duration_s=signals.duration_s,
    )


def _least(signals: InconsistencySignals, shown: Sequence[Evidence]) -> float | None:
    """Return the least rarity of the numbered moments, None without any."""
    bits, start_s = moment_rarity(signals), signals.segments.start_s
    numbered = [float(bits[np.abs(start_s - item.start_s).argmin()]) for item in shown]
    return min((value for value in numbered if np.isfinite(value)), default=None)


def words_when_empty(view: View, modality: Modality) -> str:
    """Return what stands in the place of a track that is not there."""
    observed = modality in view.observed
    return view.words("figure.no_average" if observed else "figure.not_observed")


def _is_told(lag: ReactionLag) -> bool:
    """Words are held over their utterance: a lag behind them is one of the edges of utterances."""
    return bool(np.isfinite(lag.lag_s)) and lag.lag_s != 0 and not lag.leader.startswith("text_")


def _lag(view: View, lag: ReactionLag) -> str:
    first, second = (lag.leader, lag.follower) if lag.lag_s >= 0 else (lag.follower, lag.leader)
    return view.words(
        "timeline.lag",
        leader=view.words(f"track.{first}"),
        follower=view.words(f"track.{second}"),
        lag=f"{abs(lag.lag_s):.1f}",
    )


def _stretches(view: View, signals: InconsistencySignals) -> list[Block]:
    """Return the strongest stretches of ambivalence, in order of time.

    Hesitancy is one of its signs; by itself it found A/H no better than chance
    (docs/validation/simulated.md), so that its stretches stay in the result.
    """
    torn = [stretch for stretch in signals.stretches if stretch.kind == "ambivalence"]
    shown = sorted(torn, key=lambda s: -s.score)[: view.max_moments]
    if not shown:
        return []
    words = view.words
    blocks: list[Block] = [Subheading(text=words("timeline.stretches"))]
    if len(torn) > len(shown):
        told = words("timeline.stretches_shown", shown=len(shown), total=len(torn))
        blocks.append(Paragraph(text=told, small=True))
    items = tuple(
        words("timeline.stretch", sentence=item.sentence, quote=quoted(item.quote))
        if item.quote
        else item.sentence
        for item in sorted(shown, key=lambda s: s.start_s)
    )
    explain = Paragraph(text=words("timeline.stretches_explain"), small=True)
    return [*blocks, Bullets(items=items), explain]


def _unmeasured(view: View, signals: InconsistencySignals) -> tuple[str, ...]:
    """Return one line a reason why signals have no value, with what they would have told."""
    meaning = {spec.name: spec.meaning for spec in (*signals.affect.specs, *signals.segments.specs)}
    by_reason: dict[str, list[str]] = {}
    for item in signals.states:
        if item.state != "measured" and "gives no" not in item.reason:
            by_reason.setdefault(item.reason, []).append(_told(view, meaning, item.signal))
    return tuple(
        view.words("timeline.unmeasured", signals=_listed(view, names), reason=reason)
        for reason, names in by_reason.items()
    )


def _told(view: View, meaning: Mapping[str, str], signal: str) -> str:
    """Return what a signal would have told; emotions are one signal with six columns."""
    modality, _, quantity = signal.partition("_")
    if signal in meaning or quantity != "emotion":
        return meaning.get(signal, signal)
    return view.words("timeline.emotions", modality=view.modality(Modality(modality)))


def _listed(view: View, names: Sequence[str]) -> str:
    """Name the first few; the rest is counted."""
    kept = "; ".join(dict.fromkeys(names[:_NAMED]))
    more = len(names) - _NAMED
    return kept if more <= 0 else view.words("timeline.more", signals=kept, n=more)


def _entry(view: View, number: int, item: Evidence) -> Entry:
    words = view.words
    readings = tuple(_reading(view, reading) for reading in item.readings)
    return Entry(
        number=str(number),
        lead=words(
            "timeline.lead",
            time=span(item.start_s, item.end_s),
            surprise=score(item.surprise_bits),
            rate=percent(item.false_discovery_rate),
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
