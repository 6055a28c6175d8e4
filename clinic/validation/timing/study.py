"""Reaction lags and expressions out of step: planted ones found, chance ones counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency import OutOfStep, ReactionLags
from clinic.inconsistency.time.lags_shift import shifted
from clinic.io.store import read_case, read_table
from clinic.records import Extraction, Segment
from clinic.validation.pages.text import number
from clinic.validation.study import Finding, StudyResult, Table
from clinic.validation.study_intervals import (
    Weighted,
    weighted_area,
    weighted_interval,
    weighted_mean,
)
from clinic.validation.timing.courses import FACE_HZ, Courses
from clinic.validation.timing.steps import PlantedSteps

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one interview by formula gave.

    Args:
        lag_s: NaN where none was supported.
        at_once, allowed: Correlation over utterances of the face with the course that it
            follows, read at once and read later by the lag that was allowed for.
    """

    lag_s: float
    at_once: float
    allowed: float


@dataclass(frozen=True, kw_only=True)
class LagsOverTime:
    """Runs the shipped parts on interviews by formula, and on extracted ones that do not match.

    Args:
        lags, out_of_step: As the product builds them.
        steps: Draws interviews with apexes that come early or late.
        courses: Draws the interviews.
        planted_lag_s: Of the face behind the voice.
        durations_s: Lengths of the interviews.
        couplings: Correlation of the two courses at the planted lag; 0 must be among them.
        n_interviews: Per length and coupling.
        extracted: Folder of ``clinic extract`` with ``keep_frames=true``, below the data folder
            or anywhere; where it is absent the page says so.
        most_extracted: Recordings used of it; every pair of two different ones is looked at.
        n_draws: Draws of interviews for an interval.
    """

    lags: ReactionLags
    out_of_step: OutOfStep
    courses: Courses
    steps: PlantedSteps
    planted_lag_s: float
    durations_s: tuple[float, ...]
    couplings: tuple[float, ...]
    n_interviews: int
    extracted: str
    most_extracted: int
    n_draws: int
    seed: int

    @property
    def name(self) -> str:
        """File name of the page."""
        return "timing"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Over time: reaction lags, and expressions out of step"

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing that must be there."""
        return ()

    @property
    def about(self) -> str:
        """What is compared with what."""
        lengths = ", ".join(f"{d / 60:.0f}" for d in self.durations_s)
        return (
            f"Interviews of {lengths} minutes are drawn by formula: the voice follows a random "
            f"course with a memory of {self.courses.memory_s:g} s while the person speaks, the "
            f"face follows it {self.planted_lag_s:g} s later and shares part of its variance. They "
            "go through the shipped tracks and lags. Counted are how often a lag is supported, how "
            "near it lies, how often one is supported where nothing is shared, and whether a face "
            "that is read later by the supported lag follows the course better than one read at "
            "once. In further drawn interviews each utterance has one vocal emphasis and one "
            "facial apex, some of them far off the usual delay. Where extracted interviews with "
            "frames are at hand, the voice of each is also paired with the face of every other: "
            "real courses that cannot have to do with each "
            "other.\n\n"
            f"Intervals draw interviews again, {self.n_draws:,} times. Seed {self.seed}."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure."""
        trials = {
            (duration_s, coupling): self._trials(duration_s, coupling)
            for duration_s in self.durations_s
            for coupling in self.couplings
        }
        chance = [t for (_, coupling), found in trials.items() if coupling == 0 for t in found]
        findings = [
            self._mean(
                "lag supported where nothing is shared, share of interviews",
                [float(np.isfinite(t.lag_s)) for t in chance],
                reference=self.lags.max_p,
                reference_source="max_p",
            )
        ]
        longest, strongest = max(self.durations_s), max(self.couplings)
        best = trials[longest, strongest]
        for what, values in (
            ("planted lag found within 0.1 s", [float(self._is_near(t)) for t in best]),
            ("gain of reading the face later, r over utterances",
             [t.allowed - t.at_once for t in best]),
        ):  # fmt: skip
            findings.append(self._mean(f"{what}, {longest / 60:.0f} min, r {strongest:g}", values))
        findings += self._out_of_step()
        mismatched = self._mismatched(data / self.extracted)
        findings += mismatched
        return StudyResult(
            findings=tuple(findings),
            verdict=_verdict(findings, strongest),
            untested=(
                *(() if mismatched else (
                    f"extracted interviews: no two with frames at {self.extracted} "
                    "(clinic extract keep_frames=true)",
                )),
                "people: no open interviews with a known reaction lag are at hand",
                "lags that change within an interview; only one is estimated",
                "whether words and expression out of step mean anything clinically",
            ),
            tables=(self._table(trials),),
        )  # fmt: skip

    def _out_of_step(self) -> list[Finding]:
        """How well apexes planted early or late are told, and how often chance looks like one."""
        found = {}
        for related in (True, False):
            random = np.random.default_rng([self.seed, int(related)])
            drawn = [
                self.steps.measured(random, self.courses, self.out_of_step, related=related)
                for _ in range(self.n_interviews)
            ]
            whose = np.repeat(np.arange(len(drawn)), [len(values) for values, _ in drawn])
            values, odd = (np.concatenate(column) for column in zip(*drawn, strict=True))
            found[related] = np.array([f"{i:05d}" for i in whose]), values, odd.astype(bool)
        whose, values, odd = found[True]
        told = np.isfinite(values)
        other, chance, _ = found[False]
        known = np.isfinite(chance)
        late = f"apex {self.steps.odd_s[0]:g} to {self.steps.odd_s[1]:g} s off the usual"
        return [
            self._interval(f"{late}, area", whose[told], weighted_area(odd[told], values[told])),
            self._interval("utterances with a value", whose, weighted_mean(told.astype(float))),
            self._interval(
                "beyond 2 SD where apexes come at any time",
                other[known],
                weighted_mean((chance[known] > 2.0).astype(float)),
            ),
        ]

    def _interval(self, what: str, whose: NDArray[np.str_], statistic: Weighted) -> Finding:
        value, low, high = weighted_interval(
            list(whose), statistic, n_draws=self.n_draws, seed=self.seed
        )
        return Finding(what=what, value=value, low=low, high=high, n=len(whose),
                       of="utterances, interviews drawn again")  # fmt: skip

    def _trials(self, duration_s: float, coupling: float) -> list[Trial]:
        random = np.random.default_rng([self.seed, round(duration_s), round(1000 * coupling)])
        return [self._trial(random, duration_s, coupling) for _ in range(self.n_interviews)]

    def _trial(self, random: np.random.Generator, duration_s: float, coupling: float) -> Trial:
        n, late = round(duration_s * FACE_HZ), round(self.planted_lag_s * FACE_HZ)
        common = self.courses.course(random, n + late)
        leader = common[late:]
        follower = coupling * common[:n] + np.sqrt(1 - coupling**2) * self.courses.course(random, n)
        segments = self.courses.segments(random, duration_s)
        voice = self.courses.voice(random, leader, segments, self.lags.tracks)
        face = self.courses.face(follower, self.lags.tracks, segments)
        found = self.lags.estimate([voice, face], segments)
        lag_s = self.lags.face_lag_s(found)
        (later,) = shifted([face], segments, lag_s=lag_s)
        said = np.array([leader[_steps(s)].mean() for s in segments])
        shown = [e.segments.values[:, _smile(e)] for e in (face, later)]
        known = np.isfinite(shown[1])
        at_once, allowed = (float(np.corrcoef(said[known], v[known])[0, 1]) for v in shown)
        return Trial(lag_s=lag_s if lag_s else float("nan"), at_once=at_once, allowed=allowed)

    def _is_near(self, trial: Trial) -> bool:
        return bool(abs(trial.lag_s - self.planted_lag_s) <= 0.1 + 1e-6)

    def _mean(
        self,
        what: str,
        values: Sequence[float],
        *,
        of: str = "interviews",
        reference: float | None = None,
        reference_source: str = "",
    ) -> Finding:
        value, low, high = weighted_interval(
            [f"{i:05d}" for i in range(len(values))],
            weighted_mean(np.array(values)),
            n_draws=self.n_draws,
            seed=self.seed,
        )
        return Finding(
            what=what, value=value, low=low, high=high, n=len(values), of=of,
            reference=reference, reference_source=reference_source,
        )  # fmt: skip

    def _mismatched(self, folder: Path) -> list[Finding]:
        """Pair every voice with every other face; nothing without two recordings with frames."""
        paths = sorted(folder.glob("*/features/face.frames.parquet"))[: self.most_extracted]
        recordings = [_recording(path.parent) for path in paths]
        supported = [
            float(any(np.isfinite(lag.lag_s) for lag in found))
            for voice, face in permutations(recordings, 2)
            if (found := self.lags.estimate([voice[1], face[2]], voice[0])[:1])
        ]
        if not supported:
            return []
        finding = self._mean(
            "lag supported between the voice of one and the face of another, first pair of tracks",
            supported,
            of="pairs of recordings",
            reference=self.lags.max_p,
            reference_source="max_p",
        )
        return [finding]

    def _table(self, trials: dict[tuple[float, float], list[Trial]]) -> Table:
        rows = [
            (
                f"{duration_s / 60:.0f} min",
                f"{coupling:g}",
                number(float(np.mean([np.isfinite(t.lag_s) for t in found]))),
                number(float(np.mean([self._is_near(t) for t in found]))),
                number(float(np.mean([t.at_once for t in found]))),
                number(float(np.mean([t.allowed for t in found]))),
            )
            for (duration_s, coupling), found in trials.items()
        ]
        return Table(
            title=f"A face {self.planted_lag_s:g} s behind the voice, "
            f"{self.n_interviews} interviews a row",
            columns=("interview", "r of the courses", "lag allowed for", "within 0.1 s",
                     "r, face read at once", "r, face read later"),
            rows=tuple(rows),
            note="Shares of interviews. The last two: mean correlation over utterances of the face "
            "with the course that it follows.",
        )  # fmt: skip


def _verdict(findings: Sequence[Finding], strongest: float) -> str:
    chance, near, gain = findings[:3]
    kept = "keeps" if chance.low <= (chance.reference or 0.0) else "does not keep"
    return (
        f"Drawn interviews: the search {kept} its level (a lag in {number(chance.value)} of "
        f"those without one). With courses that share r {strongest:g} the planted lag is found in "
        f"{number(near.value)} of the longest interviews, and reading the face later raises its "
        f"correlation with what it follows by {number(gain.value)}. Nothing here says how people "
        "react."
    )


def _recording(folder: Path) -> tuple[tuple[Segment, ...], Extraction, Extraction]:
    case = read_case(folder)
    tables = {table.name: table for table in case.tables}
    voice = Extraction(
        segments=tables["egemaps"], frames=read_table(folder / "egemaps_frames.frames.parquet")
    )
    face = Extraction(segments=tables["face"], frames=read_table(folder / "face.frames.parquet"))
    return case.segments, voice, face


def _steps(segment: Segment) -> slice:
    return slice(round(segment.start_s * FACE_HZ), round(segment.end_s * FACE_HZ))


def _smile(extraction: Extraction) -> int:
    return extraction.segments.columns.index("AU12_mean")
