"""Divergence of voice and face distributions against the people who voted (CREMA-D)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.validation.study import Finding, StudyResult
from clinic.validation.study_intervals import (
    mean_interval,
    weighted_area,
    weighted_interval,
    weighted_mean,
)
from clinic.validation.votes.curves import CurveSettings, curve_finding, curves
from clinic.validation.votes.data import FILE, ClipVotes, read_votes
from clinic.validation.votes.draws import divergences, majorities
from clinic.validation.votes.followed import followed_findings, followed_table
from clinic.validation.votes.raters import Halves, halves_of

Floats = NDArray[np.float64]
Answers = NDArray[np.bool_]

SOURCE = "Cao et al. (2014), doi:10.1109/TAFFC.2014.2336244, tabulated votes"


@dataclass(frozen=True, kw_only=True)
class VoteDivergence:
    """Does the shipped divergence find clips whose voice and face are voted differently?

    Args:
        folder: Below the data folder.
        n_splits: Random halves of the raters.
        most_raters: Highest number of raters a modality in the degraded distributions.
        n_bins: Bins of a calibration curve.
        n_folds: Folds of actors for the map from divergence to probability.
        n_draws: Draws of actors for an interval.
    """

    folder: str
    n_splits: int
    most_raters: int
    n_bins: int
    n_folds: int
    n_draws: int
    seed: int

    @property
    def name(self) -> str:
        """File name of the page."""
        return "votes"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Voice against face: divergence and what people vote"

    @property
    def needs(self) -> tuple[str, ...]:
        """CREMA-D's ratings; its media are not needed."""
        return (self.folder,)

    @property
    def about(self) -> str:
        """What is compared with what."""
        return (
            "7,442 acted clips of CREMA-D, each judged by some 10 people from the voice alone, by "
            "some 10 others from the face alone and by some 10 others from both. The votes of "
            "one modality, as shares of six emotions, take the place of what an affect reader "
            "would give: this measures the divergence (`jensen_shannon`, the shipped code) with "
            "people for readers, and no reader of ours.\n\n"
            "**Circularity.** Divergence of all votes against whether the majorities of the same "
            "votes differ is nearly a tautology. The honest figures split the raters of each "
            f"modality in two random halves ({self.n_splits} times, mean over them): the "
            "divergence comes from one half, the majorities from the other. Clips whose first "
            "place is shared have no majority and are left out. The corpus gave each rater "
            "another clip every time, so that those who heard and saw a clip are others than "
            "those who only heard or only saw it; the table of votes does not let us check.\n\n"
            f"Intervals draw the 91 actors again, {self.n_draws:,} times. Seed {self.seed}."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure."""
        votes = read_votes(data / self.folder / FILE)
        splits = [
            halves_of(votes, np.random.default_rng([self.seed, split]))
            for split in range(self.n_splits)
        ]
        found = curves(splits, votes, self._curve_settings())
        honest = self._honest(splits)
        findings = (
            honest,
            self._circular(votes),
            curve_finding(found),
            self._differing(votes),
            *followed_findings(votes, n_draws=self.n_draws, seed=self.seed),
        )
        return StudyResult(
            findings=findings,
            verdict=(
                "With five people in place of each reader, the divergence orders clips by whether "
                "five others vote differently on voice and face with an area of "
                f"{honest.value:.2f}: what to hold a pair of voice and face readers against on "
                "such clips. No reader of ours took part. A divergence says that voice and face "
                "were read differently, not which one to believe and not why."
            ),
            untested=(
                "spontaneous speech: the clips are acted, one of twelve sentences each",
                "patients, and anybody younger than 20 or older than 74",
                "languages other than American English",
                "words: the sentences are the same for all emotions",
            ),
            tables=(*found.tables, followed_table(votes)),
            figures=(found.figure,),
        )

    def _curve_settings(self) -> CurveSettings:
        return CurveSettings(
            most_raters=self.most_raters,
            n_bins=self.n_bins,
            n_folds=self.n_folds,
            n_draws=self.n_draws,
            seed=self.seed,
        )

    def _honest(self, splits: list[Halves]) -> Finding:
        parts, sizes = [], []
        for halves in splits:
            kept = halves.has_reference
            divergence = divergences(halves.voice, halves.face)[kept]
            parts.append((halves.actors_of(kept), weighted_area(halves.differs[kept], divergence)))
            sizes.append(int(kept.sum()))
        value, low, high = mean_interval(parts, n_draws=self.n_draws, seed=self.seed)
        return Finding(
            what="divergence of half of the raters: does it tell that the other half's majorities "
            "of voice and face differ? (area under ROC)",
            value=value,
            low=low,
            high=high,
            n=round(float(np.mean(sizes))),
            of="clips, 91 actors drawn",
            reference=0.5,
            reference_source="chance",
            note="no rater on both sides; clips with a majority in the other half; mean of splits",
        )

    def _circular(self, votes: ClipVotes) -> Finding:
        kept, differs = _difference(votes)
        divergence = divergences(votes.voice, votes.face)
        actors = [actor for actor, is_kept in zip(votes.actors, kept, strict=True) if is_kept]
        value, low, high = weighted_interval(
            actors,
            weighted_area(differs[kept], divergence[kept]),
            n_draws=self.n_draws,
            seed=self.seed,
        )
        return Finding(
            what="the same with all raters on both sides (area under ROC)",
            value=value,
            low=low,
            high=high,
            n=int(kept.sum()),
            of="clips, 91 actors drawn",
            note="circular, no result: ten raters a modality who guess reach 0.75 this way",
        )

    def _differing(self, votes: ClipVotes) -> Finding:
        kept, differs = _difference(votes)
        actors = [actor for actor, is_kept in zip(votes.actors, kept, strict=True) if is_kept]
        value, low, high = weighted_interval(
            actors,
            weighted_mean(differs[kept].astype(float)),
            n_draws=self.n_draws,
            seed=self.seed,
        )
        return Finding(
            what="clips whose majorities of voice and face differ (share)",
            value=value,
            low=low,
            high=high,
            n=int(kept.sum()),
            of="clips, 91 actors drawn",
            reference=0.474,
            reference_source=SOURCE,
            note="a property of the clips, not of our code",
        )


def _difference(votes: ClipVotes) -> tuple[Answers, Answers]:
    voice, face = majorities(votes.voice), majorities(votes.face)
    return (voice >= 0) & (face >= 0), voice != face
