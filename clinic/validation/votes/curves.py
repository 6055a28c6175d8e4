"""Fewer and fewer raters: how well their divergence still tells, and how it is calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation.calibration_metrics import expected_calibration_error
from clinic.evaluation.weighted_curves import calibration_errors
from clinic.validation.pages.text import number, with_interval
from clinic.validation.study import Figure, Finding, Table
from clinic.validation.study_figures import Curve, curves_svg
from clinic.validation.study_intervals import (
    mean_interval,
    weighted_area,
    weighted_interval,
    weighted_mean,
)
from clinic.validation.votes.data import ClipVotes
from clinic.validation.votes.draws import divergences, majorities
from clinic.validation.votes.raters import Halves

Floats = NDArray[np.float64]
Answers = NDArray[np.bool_]

#: Numbers of raters drawn as lines.
DRAWN = (1, 2, 4)


@dataclass(frozen=True, kw_only=True)
class CurveSettings:
    """See ``VoteDivergence``."""

    most_raters: int
    n_bins: int
    n_folds: int
    n_draws: int
    seed: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Answered:
    """Clips in one setting: divergence, whether the majorities differ, and who plays them."""

    actors: list[str]
    divergence: Floats
    differs: Answers


@dataclass(frozen=True, kw_only=True)
class VoteCurves:
    """What the study shows about fewer raters."""

    tables: tuple[Table, ...]
    figure: Figure
    calibration_error: tuple[float, float, float]
    raw_error: float
    n_clips: int


def curves(splits: Sequence[Halves], votes: ClipVotes, settings: CurveSettings) -> VoteCurves:
    """Return the areas by number of raters, the calibration curve, its drawing, its error."""
    half = of_half(splits[0])
    bins = binned(half, settings)
    probability = calibrated(half, settings.n_folds)
    error = weighted_interval(
        half.actors,
        lambda weights: calibration_errors(half.differs, probability, weights),
        n_draws=settings.n_draws,
        seed=settings.seed,
    )
    lines = {
        f"{n} rater{'s' if n > 1 else ''} a modality": _line(binned(of_few(splits[0], n), settings))
        for n in DRAWN
        if n <= settings.most_raters
    }
    lines["half of the raters"] = _line(bins)
    return VoteCurves(
        tables=(_by_raters(splits, votes, settings), _calibration_table(bins)),
        figure=Figure(
            name="calibration",
            svg=curves_svg(
                lines,
                x_label="Jensen-Shannon divergence of voice and face (bits)",
                y_label="majorities of the other raters differ (share)",
                x_limits=(0.0, 1.0),
            ),
            caption="How often the majorities of the other half of the raters differ, by "
            "divergence of the first raters (mean of each bin); band: 95 % interval over actors.",
        ),
        calibration_error=error,
        raw_error=expected_calibration_error(half.differs, half.divergence),
        n_clips=len(half.actors),
    )


def curve_finding(found: VoteCurves) -> Finding:
    """Return the calibration error of the divergence turned into a probability."""
    value, low, high = found.calibration_error
    return Finding(
        what="divergence of half of the raters as a probability that the other half's majorities "
        "differ (expected calibration error)",
        value=value,
        low=low,
        high=high,
        n=found.n_clips,
        of="clips, 91 actors drawn",
        reference=found.raw_error,
        reference_source="the bare divergence read as a probability",
        note="map (isotonic) learned on other actors; bins of equal mass; never below 0, so that "
        "its interval lies above the value where there is little error",
    )


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Clips of about the same divergence."""

    divergence: float
    share: float
    low: float
    high: float
    n: int


def binned(answered: Answered, settings: CurveSettings) -> tuple[Bin, ...]:
    """Return bins of about equal mass; clips of the same divergence stay together."""
    edges = np.unique(
        np.quantile(answered.divergence, np.linspace(0, 1, settings.n_bins + 1)[1:-1])
    )
    place = np.searchsorted(edges, answered.divergence, side="left")
    bins = []
    for code in np.unique(place):
        rows = place == code
        actors = [a for a, is_in in zip(answered.actors, rows, strict=True) if is_in]
        share, low, high = weighted_interval(
            actors,
            weighted_mean(answered.differs[rows].astype(float)),
            n_draws=settings.n_draws,
            seed=settings.seed,
        )
        bins.append(
            Bin(
                divergence=float(answered.divergence[rows].mean()),
                share=share, low=low, high=high, n=int(rows.sum()),
            )
        )  # fmt: skip
    return tuple(bins)


def calibrated(answered: Answered, n_folds: int) -> Floats:
    """Return P(majorities differ | divergence), each actor's clips by a map from other actors.

    The map is monotone (isotonic regression).
    """
    from sklearn.isotonic import IsotonicRegression
    from sklearn.model_selection import GroupKFold

    probability = np.full(len(answered.actors), np.nan)
    folds = GroupKFold(n_folds).split(answered.divergence, groups=answered.actors)
    for fitted, scored in folds:
        model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
        model.fit(answered.divergence[fitted], answered.differs[fitted].astype(float))
        probability[scored] = model.predict(answered.divergence[scored])
    return probability


def of_half(halves: Halves) -> Answered:
    """Compare the divergence of one half of the raters with the majorities of the other."""
    return _answered(halves.voice, halves.face, halves, np.ones(len(halves.actors), dtype=bool))


def of_few(halves: Halves, n_raters: int) -> Answered:
    """Compare the divergence of a few of one half with the majorities of the other half."""
    voice, face = halves.first_raters(n_raters)
    enough = (halves.n_voice >= n_raters) & (halves.n_face >= n_raters)
    return _answered(voice, face, halves, enough)


def of_few_against_all(halves: Halves, votes: ClipVotes, n_raters: int) -> Answered:
    """Compare a few raters with the majorities of all, themselves among them: circular."""
    voice, face = halves.first_raters(n_raters)
    all_voice, all_face = majorities(votes.voice), majorities(votes.face)
    enough = np.minimum(votes.voice.sum(axis=1), votes.face.sum(axis=1)) >= n_raters
    kept = enough & (all_voice >= 0) & (all_face >= 0)
    return Answered(
        actors=halves.actors_of(kept),
        divergence=divergences(voice[kept], face[kept]),
        differs=(all_voice != all_face)[kept],
    )


def _answered(
    voice: NDArray[np.int64], face: NDArray[np.int64], halves: Halves, enough: Answers
) -> Answered:
    kept = halves.has_reference & enough
    return Answered(
        actors=halves.actors_of(kept),
        divergence=divergences(voice[kept], face[kept]),
        differs=halves.differs[kept],
    )


def _by_raters(splits: Sequence[Halves], votes: ClipVotes, settings: CurveSettings) -> Table:
    most_disjoint = int(np.median([np.minimum(h.n_voice, h.n_face).max() for h in splits]))
    rows = []
    for n in range(1, settings.most_raters + 1):
        others = [of_few(halves, n) for halves in splits] if n < most_disjoint else []
        everybody = [of_few_against_all(halves, votes, n) for halves in splits]
        rows.append((str(n), *_area_cells(others, settings), *_area_cells(everybody, settings)))
    return Table(
        title="Fewer raters a modality",
        columns=(
            "raters", "area, against other raters", "clips",
            "area, against all raters (circular)", "clips",
        ),
        rows=tuple(rows),
        note="How well the divergence of so many raters a modality, drawn at random, orders clips "
        "by whether majorities of voice and face differ: the majorities of the half that nobody of "
        "them is in, and those of all raters, themselves included. Half of a clip's raters are "
        "hardly ever more than five. Mean over the random splits, actors drawn again.",
    )  # fmt: skip


def _area_cells(parts: Sequence[Answered], settings: CurveSettings) -> tuple[str, str]:
    if not parts:
        return number(float("nan")), ""
    area = mean_interval(
        [(part.actors, weighted_area(part.differs, part.divergence)) for part in parts],
        n_draws=settings.n_draws,
        seed=settings.seed,
    )
    return with_interval(*area), f"{np.mean([len(part.actors) for part in parts]):,.0f}"


def _calibration_table(bins: tuple[Bin, ...]) -> Table:
    return Table(
        title="What a divergence means",
        columns=("divergence, mean of bin (bits)", "majorities of the other half differ", "clips"),
        rows=tuple(
            (number(b.divergence), with_interval(b.share, b.low, b.high), f"{b.n:,}") for b in bins
        ),
        note="Divergence of half of the raters, first random split. The steps are uneven because "
        "five votes give few different divergences, and one vote apart among agreeing raters gives "
        "the same as one among raters who are divided.",
    )


def _line(bins: tuple[Bin, ...]) -> Curve:
    return Curve(
        x=np.array([b.divergence for b in bins]),
        y=np.array([b.share for b in bins]),
        low=np.array([b.low for b in bins]),
        high=np.array([b.high for b in bins]),
    )
