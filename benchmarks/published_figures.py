"""The two figures of published_protocol.py."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).parent.parent / "docs" / "images"


def draw(found: dict[str, Any]) -> None:
    """Write the two figures."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    IMAGES.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "clinic", "font.size": 9}):
        figure = Figure(figsize=(6.4, 3), layout="constrained")
        for place, (axes, key, words) in enumerate(
            zip(figure.subplots(1, 2), ("accuracy", "auc"), ("accuracy", "AUROC"), strict=True)
        ):
            bars(axes, found["published_recipe"], key, words)
            if place == 0:
                axes.legend(frameon=False, loc="upper right", fontsize=8)
        save(figure, IMAGES / "audit-random-features.svg")
        figure = Figure(figsize=(4.6, 3), layout="constrained")
        curve(figure.add_subplot(), found["share_of_people_twice"])
        save(figure, IMAGES / "audit-share-of-people-twice.svg")


def bars(axes: Any, scores: dict[str, Any], key: str, words: str) -> None:
    """Draw one metric by protocol, with what knowing nothing scores."""
    looks = {"row": ("0.15", "split by row"), "person": ("0.65", "split by person")}
    for offset, (protocol, (colour, label)) in enumerate(looks.items()):
        for place, n_classes in enumerate(scores):
            one = scores[n_classes][protocol][key]
            axes.bar(
                place + 0.35 * (offset - 0.5),
                one["mean"],
                0.33,
                yerr=one["sd"],
                color=colour,
                ecolor="0.4",
                label=label if place == 0 else None,
            )
    for place, n_classes in enumerate(scores):
        chance = 0.5 if key == "auc" else scores[n_classes]["person"]["majority"]["mean"]
        label = "nothing known" if place == 0 else None
        axes.hlines(chance, place - 0.38, place + 0.38, "tab:red", "--", label=label)
    axes.set_xticks(range(len(scores)), [f"{k} classes" for k in scores])
    axes.set(ylim=(0, 1.28 if key == "accuracy" else 1.0), ylabel=f"{words} on random features")


def curve(axes: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Draw the score against the share of people who are in the table twice."""
    share = [100 * row["share"] for row in rows]
    for protocol, style in (("row", "o-"), ("person", "s--")):
        axes.errorbar(
            share,
            [row[protocol]["mean"] for row in rows],
            yerr=[row[protocol]["sd"] for row in rows],
            fmt=style,
            color="0.15" if protocol == "row" else "0.6",
            markersize=4,
            label=f"split by {protocol}",
        )
    axes.axhline(0.5, color="tab:red", linestyle=":", linewidth=1)
    axes.set(
        xlabel="people who are in the table twice, %",
        ylabel="AUROC on random features",
        ylim=(0.4, 1.0),
    )
    axes.legend(frameon=False)


def save(figure: Any, path: Path) -> None:
    """Write an SVG whose bytes depend on the numbers alone."""
    figure.savefig(path, metadata={"Date": None, "Creator": None})
