"""Are planted conflicts found again in simulated interviews, clean and degraded?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.validation.pages.text import UNKNOWN, number
from clinic.validation.simulated.areas import ANY, Area, area_finding, area_for, areas_table
from clinic.validation.simulated.cohort import (
    Answers,
    Interview,
    answers_of,
    interviews_of,
    rarity_of,
    read_results,
    strongest,
)
from clinic.validation.simulated.hesitancy import hesitancy_findings
from clinic.validation.simulated.moments import (
    CLAIMED,
    Moments,
    claim_bins,
    claims_curve,
    claims_table,
    moment_findings,
)
from clinic.validation.study import Figure, Finding, StudyResult, Table
from clinic.validation.study_figures import Curve, curves_svg

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PlantedConflicts:
    """Compares the signals of an extracted cohort with what the simulation planted.

    Args:
        cohort: Folder of ``clinic simulate``, with ``truth``.
        results: By level, a folder of ``clinic extract``; the first is needed, a later one is
            left out where it is absent.
        patterns: Planted kinds, each also the name of the column that should find it.
        combined: Columns that speak about conflict of whatever kind; those that are there become
            findings.
        hesitancy: Columns that speak about A/H; those that are there are compared with the
            cohort's ``moments.csv``.
        claimed_edges: Bins of the claimed false discovery rate.
        n_draws: Draws of participants for an interval.
    """

    cohort: str
    results: Mapping[str, str]
    patterns: tuple[str, ...]
    combined: tuple[str, ...]
    hesitancy: tuple[str, ...]
    claimed_edges: tuple[float, ...]
    n_draws: int
    seed: int

    def __post_init__(self) -> None:
        if not self.results:
            raise SetupError("no folder of results to compare with the cohort (results)")

    @property
    def name(self) -> str:
        """File name of the page."""
        return "simulated"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Planted conflicts in simulated interviews"

    @property
    def needs(self) -> tuple[str, ...]:
        """The cohort and its clean results; absolute paths stand for themselves."""
        return (self.cohort, next(iter(self.results.values())))

    @property
    def about(self) -> str:
        """What is compared with what."""
        return (
            "Interviews made by `clinic simulate` and read by `clinic extract` as a recording of "
            "a person would be. The simulation plants conflicts of four kinds in some answers and "
            "writes down where; the study asks whether the measures, and the moments that a "
            "reader is shown, are there. A measure is compared between answers with a conflict of "
            "one kind and answers with none; answers with another kind are left out.\n\n"
            "**What it cannot show.** The measures look for what was planted, by the same names: "
            "this is a test of the chain from file to moment, not of people. Answers that "
            "disagree although nothing was planted count as false. A/H is easy here: the generator "
            "hesitates and hedges in words that the measures count.\n\n"
            "Degraded copies of the cohort are made by `benchmarks/degraded_cohort.py`: speech in "
            "noise, small or dark pictures; words and truth are the same. Levels whose folder is "
            "absent are not shown.\n\n"
            f"Intervals draw participants again, {self.n_draws:,} times. Seed {self.seed}."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure.

        Raises:
            SetupError: Results that cannot be read, or of another cohort.
        """
        levels = {
            level: interviews_of(read_results(data / folder), data / self.cohort)
            for place, (level, folder) in enumerate(self.results.items())
            if place == 0 or (data / folder).is_dir()
        }
        clean = next(iter(levels.values()))
        answers, moments = answers_of(clean), Moments.of(clean)
        if not answers.is_planted.any():
            raise SetupError("no answer of the cohort carries a planted conflict (cohort)")
        findings = (
            *self._area_findings(answers, clean),
            *hesitancy_findings(
                answers,
                clean,
                data / self.cohort,
                self.hesitancy,
                n_draws=self.n_draws,
                seed=self.seed,
            ),
            *moment_findings(
                moments,
                planted_share=float(answers.is_planted.mean()),
                n_draws=self.n_draws,
                seed=self.seed,
            ),
        )
        bins = claim_bins(moments, self.claimed_edges, n_draws=self.n_draws, seed=self.seed)
        tables = [areas_table(answers, self.patterns, n_draws=self.n_draws, seed=self.seed)]
        figures = []
        if bins:
            tables.append(claims_table(bins))
            figures.append(_claims_figure(claims_curve(bins)))
        if len(levels) > 1:
            tables.append(self._levels(levels))
        return StudyResult(
            findings=findings,
            verdict=self._verdict(findings, moments),
            untested=(
                "people: words, voices and faces are made by a program",
                "conflicts of kinds that the simulation does not plant",
                "transcripts with recognition errors: the words are exact",
            ),
            tables=tuple(tables),
            figures=tuple(figures),
        )

    def _area_findings(
        self, answers: Answers, interviews: Sequence[Interview]
    ) -> tuple[Finding, ...]:
        patterns = [p for p in self.patterns if p in answers.columns]
        found = []
        if patterns:
            area = self._area(answers, strongest(answers, patterns), ANY)
            found.append(area_finding("strongest of the patterns, any planted kind", area))
        rarity = rarity_of(interviews)
        if np.isfinite(rarity).any():
            area = self._area(answers, rarity, ANY)
            found.append(area_finding("rarity by which moments are ranked, any planted kind", area))
        for name in self.combined:
            if name in answers.columns and np.isfinite(answers.columns[name]).any():
                area = self._area(answers, answers.columns[name], ANY)
                found.append(area_finding(f"{name}, any planted kind", area))
        for pattern in patterns:
            area = self._area(answers, answers.columns[pattern], pattern)
            found.append(area_finding(f"{pattern}, its own planted kind", area))
        return tuple(found)

    def _area(self, answers: Answers, signal: Floats, kind: str) -> Area:
        return area_for(answers, signal, kind, n_draws=self.n_draws, seed=self.seed)

    def _levels(self, levels: Mapping[str, Sequence[Interview]]) -> Table:
        rows = []
        for level, interviews in levels.items():
            answers, moments = answers_of(interviews), Moments.of(interviews)
            own = [
                self._area(answers, answers.columns[p], p).text if p in answers.columns else UNKNOWN
                for p in self.patterns
            ]
            n_shown = int(moments.n_shown.sum())
            planted = number(float(moments.is_planted.mean())) if n_shown else UNKNOWN
            alarms = moments.n_shown[moments.n_planted == 0]
            rows.append(
                (
                    level,
                    f"{len(interviews)}",
                    *own,
                    str(n_shown),
                    planted,
                    number(float(alarms.mean())) if len(alarms) else UNKNOWN,
                )
            )
        return Table(
            title="Degraded recordings",
            columns=(
                "recordings", "interviews", *self.patterns, "moments shown", "of them planted",
                "false alarms an interview without any",
            ),
            rows=tuple(rows),
            note="Area under the ROC curve of each pattern for its own planted kind.",
        )  # fmt: skip

    def _verdict(self, findings: Sequence[Finding], moments: Moments) -> str:
        first = findings[0]
        shown = int(moments.n_shown.sum())
        true = int(moments.is_planted.sum())
        claims = {f.what: f for f in findings}.get(CLAIMED)
        claimed = (
            f" The false discovery rate that they claim is {number(claims.value)} on average, the "
            f"true one {number(1 - true / shown)}."
            if claims is not None and shown
            else ""
        )
        return (
            f"{first.what[0].upper()}{first.what[1:]}: {number(first.value)}. Of {shown} moments "
            f"shown, {true} lie on one of {int(moments.n_planted.sum())} planted conflicts."
            f"{claimed} This shows that the chain from file to moment works and how often it "
            "points at nothing; it says nothing about people."
        )


def _claims_figure(curve: Curve) -> Figure:
    return Figure(
        name="claims",
        svg=curves_svg(
            {"moments shown": curve},
            x_label="claimed false discovery rate",
            y_label="true share without a planted conflict",
            x_limits=(0.0, 1.0),
            diagonal=True,
        ),
        caption="Claimed false discovery rate of the moments shown against the true share that "
        "lies on no planted conflict; dotted: a claim that holds; band: 95 % interval.",
    )
