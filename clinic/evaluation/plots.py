"""Figures of a training run: reliability at the cut-off, and score against reference."""

from pathlib import Path

import numpy as np

from clinic.evaluation.scoring import TargetArrays, target_arrays
from clinic.evaluation.training_run import Evaluation
from clinic.records import Scale

#: Participants per point of a reliability curve, at least.
LEAST_PER_BIN = 8


def write_plots(evaluation: Evaluation, scale: Scale, folder: Path) -> tuple[Path, ...]:
    """Write the figures of one target as SVG; nothing in them names a participant."""
    arrays = target_arrays(evaluation.scored, scale)
    if not len(arrays.reference):
        return ()
    paths = [_reliability(arrays, folder / f"{scale.condition}-reliability.svg")]
    if not scale.is_rating:
        paths.append(_agreement(arrays, folder / f"{scale.condition}-agreement.svg"))
    return tuple(paths)


def _reliability(arrays: TargetArrays, path: Path) -> Path:
    from matplotlib.figure import Figure

    probability, reached = arrays.cutoff_probability, arrays.reaches_cutoff
    n_bins = int(np.clip(len(reached) // LEAST_PER_BIN, 1, 10))
    bins = np.array_split(np.argsort(probability, kind="stable"), n_bins)
    figure = Figure(figsize=(4, 4), layout="tight")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="perfect")
    axes.plot(
        [probability[part].mean() for part in bins],
        [reached[part].mean() for part in bins],
        color="black",
        marker="o",
        label=f"{len(reached)} recordings",
    )
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel=f"estimated probability: {arrays.scale.name} >= {arrays.scale.cutoff:g}",
        ylabel="share that reached it",
    )
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    return path


def _agreement(arrays: TargetArrays, path: Path) -> Path:
    from matplotlib.figure import Figure

    scale = arrays.scale
    ends = [scale.minimum, scale.maximum]
    figure = Figure(figsize=(4, 4), layout="tight")
    axes = figure.add_subplot()
    axes.plot(ends, ends, color="0.7", linestyle="--")
    half_width = np.stack([arrays.score - arrays.low, arrays.high - arrays.score])
    axes.errorbar(
        arrays.reference,
        arrays.score,
        yerr=half_width,
        fmt="o",
        markersize=3,
        color="black",
        ecolor="0.85",
        elinewidth=1,
    )
    axes.set(
        xlim=ends,
        ylim=ends,
        xlabel=f"{scale.name} reference",
        ylabel=f"{scale.name} estimate with interval",
    )
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    return path
