"""Predictions as the ABAW competitions take them: one line per picture, or one per video.

Confirmed by the organisers: a file per video, named like it, whose first line is
``valence,arousal`` and each further line one picture's two values
(ibug.doc.ic.ac.uk/resources/aff-wild2). That page describes annotations; entrants' code to the
first four competitions writes submissions the same way.

Known from entrants' public code alone: the headers of action units and expressions, and the single
file since the fifth competition, ``image_location`` before the header and ``VIDEO/00001.jpg``
before each line, pictures counted from 1 (entrants copy it from the organisers' sample file).

Not confirmed: the video-level A/H file (``video_id, pred``, written by one entrant of the eleventh
competition), the frame-level A/H file (this module writes it like an annotation), and that -5 and
-1, Aff-Wild2's marks of frames without annotation, may stand in a submission. Compare with the
sample file that comes with the test data before sending anything.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from clinic.errors import DataError, SetupError
from clinic.records import FeatureTable

Floats = NDArray[np.float64]

VALENCE_AROUSAL = ("valence", "arousal")
EXPRESSIONS = (
    "Neutral", "Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise", "Other",
)  # fmt: skip
ACTION_UNITS = tuple(f"AU{n}" for n in (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26))
HEADERS = {"va": VALENCE_AROUSAL, "expr": EXPRESSIONS, "au": ACTION_UNITS, "ah": ("AH",)}

#: What Aff-Wild2 writes for a frame without annotation.
_NO_AFFECT, _NO_CLASS = "-5", "-1"
#: Names of expressions in py-feat's tables.
_EXPRESSION_NAMES = {
    "Neutral": ("neutral", "Neutral"), "Anger": ("anger", "Anger"), "Fear": ("fear", "Fear"),
    "Disgust": ("disgust", "Disgust"), "Happiness": ("happiness", "Happy"),
    "Sadness": ("sadness", "Sad"), "Surprise": ("surprise", "Surprise"), "Other": (),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AbawFormat:
    """One challenge.

    Args:
        task: ``va``, ``expr``, ``au`` or ``ah``.
        layout: ``per_video`` (a file each) or ``one_file`` (with ``image_location``).
        present_from: An action unit or A/H with this probability or more is present.
    """

    task: str
    layout: str
    present_from: float

    def __post_init__(self) -> None:
        """Raise SetupError for an unknown task or layout."""
        if self.task not in HEADERS:
            raise SetupError(f"task {self.task}, one of {', '.join(HEADERS)} needed (task)")
        if self.layout not in ("per_video", "one_file"):
            raise SetupError(f"layout {self.layout}, per_video or one_file needed (layout)")

    @property
    def header(self) -> str:
        """First line of a file."""
        names = HEADERS[self.task]
        return ",".join(names if self.layout == "per_video" else ("image_location", *names))

    def lines(self, video: str, values: Floats) -> list[str]:
        """Return one line for each picture.

        Args:
            values: Shape (n_frames, n_columns): valence and arousal in [-1, 1], or
                probabilities of expressions, action units or A/H; NaN where not observed.

        Raises:
            DataError: Another number of columns, or a value out of range.
        """
        n_columns = len(HEADERS[self.task])
        if values.ndim != 2 or values.shape[1] != n_columns:
            raise DataError(f"{self.task} has values {values.shape}, (frames, {n_columns}) needed")
        low = -1.0 if self.task == "va" else 0.0
        if np.any((values < low) | (values > 1.0)):
            raise DataError(f"{self.task}: values in [{low:g}, 1] needed")
        found = [self._line(row) for row in values]
        if self.layout == "per_video":
            return found
        return [f"{video}/{number:05d}.jpg,{line}" for number, line in enumerate(found, start=1)]

    def files(self, videos: Sequence[tuple[str, Floats]]) -> dict[PurePosixPath, str]:
        """Return the content of each file by its name.

        Raises:
            DataError: See ``lines``.
        """
        if self.layout == "per_video":
            return {
                PurePosixPath(f"{video}.txt"): _text([self.header, *self.lines(video, values)])
                for video, values in videos
            }
        rows = [line for video, values in videos for line in self.lines(video, values)]
        return {PurePosixPath("predictions.txt"): _text([self.header, *rows])}

    def _line(self, row: Floats) -> str:
        if self.task == "va":
            return ",".join(_NO_AFFECT if np.isnan(v) else f"{v:.6f}" for v in row)
        if self.task == "expr":
            return _NO_CLASS if np.isnan(row).all() else str(int(np.nanargmax(row)))
        return ",".join(_NO_CLASS if np.isnan(v) else str(int(v >= self.present_from)) for v in row)


def ah_video_file(shown: Sequence[tuple[str, float]], *, present_from: float) -> str:
    """Return the video-level A/H file: ``video_id, pred``, videos in order of their names.

    Args:
        shown: Video and probability of A/H.

    Raises:
        DataError: A probability is NaN or no probability, or a video stands twice.
    """
    videos = [video for video, _ in shown]
    if len(set(videos)) < len(videos):
        raise DataError("a video stands twice among the A/H predictions")
    for video, value in shown:
        if not 0 <= value <= 1:
            raise DataError(f"video {video}: A/H {value:g}, a probability needed")
    rows = [f"{video}, {int(value >= present_from)}" for video, value in sorted(shown)]
    return _text(["video_id, pred", *rows])


def per_frame(
    values: Floats, start_s: Floats, end_s: Floats, *, rate_hz: float, n_frames: int
) -> Floats:
    """Return the value of the stretch in which each picture's time lies, NaN between stretches.

    Picture k (from 0) is shown at ``k / rate_hz``. Where stretches overlap, the later one counts.

    Args:
        values: Shape (n_stretches, n_columns).

    Returns:
        Shape (n_frames, n_columns).
    """
    # 1e-9: k / rate may fall a rounding step before the start of its own stretch.
    times = np.arange(n_frames) / rate_hz + 1e-9
    found = np.full((n_frames, values.shape[1]), np.nan)
    for row, start, end in zip(values, start_s, end_s, strict=True):
        found[(times >= start) & (times < end)] = row
    return found


def values_of(table: FeatureTable, task: str) -> Floats:
    """Return the columns that a task needs, as far as a table has them; NaN for others.

    A column may be ``AU01``, OpenFace's presence ``AU01_c``, or the mean of one in a segment
    (``AU01_mean``). OpenFace's intensities are no probabilities and are not taken.

    Returns:
        Shape (n_rows, n_columns).

    Raises:
        SetupError: The table has none of them.
    """
    names = [_names(name, task) for name in HEADERS[task]]
    found = [next((n for n in choices if n in table.columns), None) for choices in names]
    if all(name is None for name in found):
        raise SetupError(f"table {table.name} has none of {', '.join(HEADERS[task])} (table)")
    nothing = np.full(table.n_rows, np.nan)
    return np.stack([nothing if n is None else table.column(n) for n in found], axis=1)


def _names(name: str, task: str) -> list[str]:
    """Return the column names that mean a header's name, the most direct one first."""
    if task == "au":
        base = f"AU{int(re.sub('[^0-9]', '', name)):02d}"
        bases = [base, f"{base}_c"]
    else:
        bases = list(_EXPRESSION_NAMES.get(name, (name,)))
    return [f"{base}{ending}" for ending in ("", "_mean") for base in bases]


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
