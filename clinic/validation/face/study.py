"""Affect of the face against another reader of the same frames, and against good and bad news."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency import ActionUnitAffect
from clinic.inconsistency.readers.emotions import EMOTION_COLUMNS, EMOTIONS
from clinic.records import FeatureTable
from clinic.validation.face.news import NewsFrames, as_extraction, clip_means, read_news
from clinic.validation.pages.text import number
from clinic.validation.study import Finding, StudyResult, Table
from clinic.validation.study_intervals import (
    Weighted,
    weighted_area,
    weighted_correlation,
    weighted_interval,
    weighted_mean,
)

Floats = NDArray[np.float64]

SAME_NETWORK = (
    "py-feat reads action units, emotions, valence and arousal with one network: agreement says "
    "that our rules fit what that network learned, not that either is right"
)


@dataclass(frozen=True, kw_only=True)
class FaceAffect:
    """Feeds py-feat's action units (AUs) to the shipped reader of the face.

    Args:
        reader: The reader as the product builds it.
        news: Folder below the data folder.
        resting_quantile: Of each AU over all frames: the actor's resting face.
        all_units: AUs that py-feat measures and a prototype or weight names: what the reader
            could know if no AU were masked.
        detector_full_intensity: Intensity that counts as fully shown on py-feat's own scale.
        n_draws: Draws of clips for an interval.
    """

    reader: ActionUnitAffect
    news: str
    resting_quantile: float
    all_units: tuple[str, ...]
    detector_full_intensity: float
    n_draws: int
    seed: int

    @property
    def name(self) -> str:
        """File name of the page."""
        return "face"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Face: valence, arousal, smile and emotions from action units"

    @property
    def needs(self) -> tuple[str, ...]:
        """The news clips."""
        return (self.news,)

    @property
    def about(self) -> str:
        """What is compared with what."""
        return (
            "py-feat's news clips: 477 frames of one actor in ten clips after good and ten after "
            "bad news. The action units that py-feat measured, less the actor's resting face "
            f"(quantile {self.resting_quantile} of each), go through the shipped reader. Its "
            "valence, arousal and emotions are set against py-feat's own per frame, and its clip "
            "means against which news it was. The labels are the recording's, so the areas are "
            "independent of py-feat; the correlations are not: " + SAME_NETWORK + ". Nothing was "
            "fitted to these clips. Action units of our own mesh solver are checked elsewhere "
            "(action_units).\n\n"
            f"Intervals draw whole clips again, {self.n_draws:,} times. Seed {self.seed}."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure."""
        frames = read_news(data / self.news, resting_quantile=self.resting_quantile)
        read = _read(self.reader, frames)
        clips = self._clips(frames)
        findings = (*self._frames(frames, read), *clips, *self._top(frames, read))
        valence, joy = clips[0], next(f for f in findings if "joy against" in f.what)
        arousal = next(f for f in findings if f.what.startswith("arousal"))
        top = findings[-1]
        common = top.reference or 0.0
        better = "not better than" if top.low <= common else "better than"
        return StudyResult(
            findings=findings,
            verdict=(
                "One posed actor: the signs are right, and valence and joy can be read "
                f"(good against bad news: area {number(valence.value)}; joy against py-feat's: "
                f"r {number(joy.value)}). Which emotion is likeliest is read {better} by always "
                f"naming the commonest ({number(top.value)} against {number(common)} of frames): "
                "one likeliest emotion is no finding to show. Arousal of the face measures "
                f"movement (r {number(arousal.value)})."
            ),
            untested=(
                "any face but this actor's: no other sex, age, skin colour, illness or medication",
                "faces that speak: the actor listens",
                "felt expressions, and expressions as weak as those of an interview",
                "emotions from our own mesh solver's action units, noisier than py-feat's",
            ),
            tables=(self._variants(frames),),
        )

    def _interval(self, frames: NewsFrames, statistic: Weighted) -> tuple[float, float, float]:
        return weighted_interval(
            list(frames.clips), statistic, n_draws=self.n_draws, seed=self.seed
        )

    def _clips(self, frames: NewsFrames) -> list[Finding]:
        names, first = np.unique(frames.clips, return_index=True)
        is_good = frames.is_good[first]
        means = {au: clip_means(values, frames.clips) for au, values in frames.units.items()}
        read = _columns(self.reader, means)
        found = []
        for column in ("valence", "smile", "emotion_joy"):
            value, low, high = weighted_interval(
                list(names), weighted_area(is_good, read.column(column)),
                n_draws=self.n_draws, seed=self.seed,
            )  # fmt: skip
            found.append(
                Finding(
                    what=f"good against bad news, {column.removeprefix('emotion_')}, area",
                    value=value,
                    low=low,
                    high=high,
                    n=len(names),
                    of="clips",
                    reference=1.0,
                    reference_source="py-feat's own tutorial: linear discriminant, 10 folds",
                    note="the interval cannot widen where no clip is out of order: with 10 + 10 "
                    "clips the true area may be .8"
                    if value == 1.0
                    else "",
                )
            )
        return found

    def _frames(self, frames: NewsFrames, read: FeatureTable) -> list[Finding]:
        theirs = {"valence": frames.valence, "arousal": frames.arousal}
        theirs |= dict(zip(EMOTION_COLUMNS, frames.emotions.T, strict=True))
        found = []
        for column, other in theirs.items():
            ours = read.column(column)
            is_told = _is_told(ours)
            value, low, high = (
                self._interval(frames, weighted_correlation(ours, other))
                if is_told
                else (float("nan"),) * 3
            )
            found.append(
                Finding(
                    what=f"{column.removeprefix('emotion_')} against py-feat's, r over frames",
                    value=value,
                    low=low,
                    high=high,
                    n=len(ours),
                    of="frames, clips drawn again",
                    note=SAME_NETWORK
                    if is_told
                    else "cannot be told from the trusted action units: stays at its prior",
                )
            )
        return found

    def _top(self, frames: NewsFrames, read: FeatureTable) -> list[Finding]:
        """Agreement on the likeliest emotion, where py-feat's is one that we can tell."""
        ours = np.column_stack([read.column(column) for column in EMOTION_COLUMNS])
        told = np.ptp(ours, axis=0) > 0
        theirs = frames.emotions.argmax(axis=1)
        asked = told[theirs]
        likeliest = np.where(told, ours, -1.0).argmax(axis=1)
        agree = (likeliest == theirs).astype(np.float64)[asked]
        value, low, high = weighted_interval(
            list(frames.clips[asked]), weighted_mean(agree), n_draws=self.n_draws, seed=self.seed
        )
        commonest = np.bincount(theirs[asked]).max() / asked.sum()
        return [
            Finding(
                what="same likeliest emotion as py-feat, share of frames",
                value=value,
                low=low,
                high=high,
                n=int(asked.sum()),
                of="frames, clips drawn again",
                reference=float(commonest),
                reference_source="always naming py-feat's commonest emotion",
                note="among " + ", ".join(e for e, t in zip(EMOTIONS, told, strict=True) if t),
            )
        ]

    def _variants(self, frames: NewsFrames) -> Table:
        """What masking and the scale of the intensities cost."""
        scaled = replace(self.reader.emotions, full_intensity=self.detector_full_intensity)
        readers = {
            "as shipped": self.reader,
            "no AU masked": replace(self.reader, trusted=self.all_units),
            f"as shipped, full at {self.detector_full_intensity}": replace(
                self.reader, emotions=scaled
            ),
            f"no AU masked, full at {self.detector_full_intensity}": replace(
                self.reader, emotions=scaled, trusted=self.all_units
            ),
        }
        ones = np.ones((1, len(frames.clips)))
        rows = []
        for name, reader in readers.items():
            read = _read(reader, frames)
            values = [
                float(weighted_correlation(read.column(column), other)(ones)[0])
                if _is_told(read.column(column))
                else float("nan")
                for column, other in (
                    ("valence", frames.valence),
                    *zip(EMOTION_COLUMNS, frames.emotions.T, strict=True),
                )
            ]
            rows.append((name, *(number(v) for v in values)))
        return Table(
            title="Correlation with py-feat's own, by the action units that may speak",
            columns=("reader", "valence", *EMOTIONS),
            rows=tuple(rows),
            note="An emotion without a number cannot be told: too little of its prototype is "
            "measured, and its probability stays at the prior.",
        )


def _is_told(column: Floats) -> bool:
    """Return whether a reading ever changes; an emotion that cannot be told stays at its prior."""
    return bool(np.ptp(column) > 0)


def _read(reader: ActionUnitAffect, frames: NewsFrames) -> FeatureTable:
    return _columns(reader, frames.units)


def _columns(reader: ActionUnitAffect, units: Mapping[str, Floats]) -> FeatureTable:
    segments, extraction = as_extraction(units, table=reader.table, column=reader.column)
    return reader.read(segments, [extraction])
