"""Feature-level cohorts: cases of any number in seconds, for tests and model development.

No media is made. The columns are numbered, not named after real measures: nothing learned from
them means anything outside, and nobody can take them for measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.records import (
    OBSERVED_MODALITIES,
    Case,
    FeatureSpec,
    FeatureTable,
    Modality,
    MomentLabel,
    Reference,
    Role,
    Segment,
    stamp_of,
)
from clinic.simulate.checks import need, need_group, need_number, need_shares, need_whole
from clinic.simulate.people import Participant, Population, draw_participant, stream

FloatArray = NDArray[np.float64]

#: Columns of each table that carry the affect of the moment; the rest are habits.
N_AFFECT = 2
#: Column, after those, that moves where A/H is shown.
N_HESITATION = 1
#: The loadings of the columns belong to the simulation, not to a cohort: two cohorts of
#: different seeds are draws from the same world.
_WORLD = 20240229


@dataclass(frozen=True, kw_only=True)
class FeatureCohort:
    """Draw cases with three modality tables, modest effects and conflicts between modalities.

    Args:
        population: Spread of severities.
        n_features: Columns of each table, at least 4.
        largest_slope: Standardised slope of a habit on a severity is even in +- this.
        affect_slope: Slope of a segment's affect on standardised depression.
        hesitation_shift: Shift of the hesitation column where A/H is shown, in its own sd.
        conflict_share: Segments in which one modality contradicts the others; of A/H segments
            it is ``conflict_with_ambivalence``.
        ambivalent_share: Segments of a participant with A/H that show it.
        absent_share: Chance of each modality to be absent from a recording; one is always there.
        missing_share: Chance of each segment to be missing from a modality.
        n_segments: Least and greatest number of segments.
    """

    population: Population
    n_features: int
    largest_slope: float
    affect_slope: float
    hesitation_shift: float
    conflict_share: float
    conflict_with_ambivalence: float
    ambivalent_share: float
    absent_share: float
    missing_share: float
    n_segments: Sequence[int]

    def __post_init__(self) -> None:
        """Raise SetupError for a value out of range or a group given as a word."""
        need_group(self.population, Population, "population", "balanced")
        need_whole(self.n_features, "n_features", N_AFFECT + N_HESITATION + 1)
        # Two slopes, on depression and on PTSD, whose squares may sum to 1 at most.
        need_number(self.largest_slope, "largest_slope", 0, 0.5**0.5)
        need_number(self.affect_slope, "affect_slope")
        need_number(self.hesitation_shift, "hesitation_shift")
        need_shares(self, "conflict_share", "conflict_with_ambivalence", "ambivalent_share")
        need_shares(self, "absent_share", "missing_share")
        fine = len(self.n_segments) == 2 and 1 <= self.n_segments[0] <= self.n_segments[1]
        need(fine, self.n_segments, "least and greatest, from 1,", "n_segments")

    def draw(self, n: int, seed: int) -> tuple[list[Case], list[Reference]]:
        """Return ``n`` cases and their references; case k is the same whatever ``n`` is."""
        need_whole(n, "n_participants", 1)
        need_whole(seed, "seed", 0)
        pairs = [self._one(index, seed) for index in range(1, n + 1)]
        return [case for case, _ in pairs], [reference for _, reference in pairs]

    def _one(self, index: int, seed: int) -> tuple[Case, Reference]:
        person = draw_participant(index, seed=seed, population=self.population)
        random = stream(seed, index, "features")
        low, high = self.n_segments
        segments = _segments(int(random.integers(low, high + 1)), random)
        shown = self._shown(person, len(segments), random)
        affect = random.normal(0, 1, len(segments)) - self.affect_slope * person.severity[0]
        tables = tuple(self._tables(person, segments, shown, affect, random))
        case = Case(
            recording_id=person.recording_id,
            participant_id=person.participant_id,
            segments=segments,
            tables=tables,
        )
        reference = Reference(
            recording_id=person.recording_id,
            participant_id=person.participant_id,
            scores=person.scores,
            moments=tuple(
                MomentLabel(start_s=s.start_s, end_s=s.end_s, shown=bool(flag))
                for s, flag in zip(segments, shown, strict=True)
            ),
            attributes={"sex": person.sex, "age_band": person.age_band},
        )
        return case, reference

    def _shown(self, person: Participant, n: int, random: np.random.Generator) -> NDArray[np.bool_]:
        shown = random.uniform(size=n) < self.ambivalent_share
        shown[int(random.integers(n))] = True
        return shown & person.ambivalence

    def _tables(
        self,
        person: Participant,
        segments: Sequence[Segment],
        shown: NDArray[np.bool_],
        affect: FloatArray,
        random: np.random.Generator,
    ) -> list[FeatureTable]:
        n, width = len(segments), self.n_features
        chance = np.where(shown, self.conflict_with_ambivalence, self.conflict_share)
        conflict = random.uniform(size=n) < chance
        liar = random.integers(len(OBSERVED_MODALITIES), size=n)
        absent = random.uniform(size=len(OBSERVED_MODALITIES)) < self.absent_share
        if absent.all():
            absent[int(random.integers(len(absent)))] = False
        out = []
        for position, modality in enumerate(OBSERVED_MODALITIES):
            said = np.where(conflict & (liar == position), -affect, affect)
            slopes = self._slopes(position)
            own = np.sqrt(1 - (slopes**2).sum(0)) * random.normal(size=width)
            habit = np.array(person.severity[:2]) @ slopes + own
            values = habit + 0.8 * random.normal(size=(n, width))
            values[:, :N_AFFECT] = 0.7 * said[:, None] + 0.7 * random.normal(size=(n, N_AFFECT))
            values[:, N_AFFECT] += self.hesitation_shift * shown
            seen = random.uniform(size=n) >= self.missing_share
            seen &= not absent[position]
            values[~seen] = np.nan
            notes = ("absent in the simulation",) if absent[position] else ()
            out.append(self._table(modality, segments, values, seen.astype(np.float64), notes))
        return out

    def _slopes(self, position: int) -> FloatArray:
        """Slopes of the habits of one modality on depression and PTSD, shape (2, n_features)."""
        world = np.random.default_rng([_WORLD, position, self.n_features])
        slopes = world.uniform(-1, 1, (2, self.n_features)) * self.largest_slope
        slopes[:, : N_AFFECT + N_HESITATION] = 0.0
        return np.asarray(slopes)

    def _table(
        self,
        modality: Modality,
        segments: Sequence[Segment],
        values: FloatArray,
        coverage: FloatArray,
        notes: tuple[str, ...],
    ) -> FeatureTable:
        return FeatureTable(
            name=f"simulated_{modality}",
            modality=modality,
            row_kind="segment",
            specs=specs_of(modality, self.n_features),
            start_s=np.array([segment.start_s for segment in segments]),
            end_s=np.array([segment.end_s for segment in segments]),
            values=values,
            coverage=coverage,
            stamp=stamp_of(self),
            notes=notes,
        )


def _segments(n: int, random: np.random.Generator) -> tuple[Segment, ...]:
    """Answers of 2 to 9 seconds with questions of a few seconds before them."""
    out, clock_s = [], 0.0
    for index in range(n):
        start_s = clock_s + float(random.uniform(1.5, 3.5))
        clock_s = start_s + float(random.uniform(2.0, 9.0))
        out.append(
            Segment(
                index=index,
                start_s=round(start_s, 3),
                end_s=round(clock_s, 3),
                speaker=Role.PARTICIPANT,
                origin="utterance",
            )
        )
    return tuple(out)


def specs_of(modality: Modality, n_features: int) -> tuple[FeatureSpec, ...]:
    """Describe the columns of one simulated table: numbered, and said to be simulated."""
    groups = ["affect"] * N_AFFECT + ["hesitation"] * N_HESITATION
    groups += ["habit"] * (n_features - len(groups))
    return tuple(
        FeatureSpec(
            name=f"{modality}_{group}_{number}",
            unit="1",
            minimum=-np.inf,
            maximum=np.inf,
            source="simulated (clinic.simulate.features), measures nothing",
            group=f"simulated {group}",
            meaning=f"simulated {modality} feature {number}",
        )
        for number, group in enumerate(groups, start=1)
    )


#: What tests and model development use when nothing else is asked for.
TEST_POPULATION = Population(
    depression_mean=1.55,
    depression_sd=1.35,
    depression_uniform=True,
    discrimination=1.8,
    thresholds=(0.6, 1.7, 2.6),
    ptsd_shift=-0.6,
    ptsd_correlation=0.7,
    ambivalence_share=0.45,
    ambivalence_slope=0.2,
    age_bands={"18-34": 0.4, "35-54": 0.35, "55-74": 0.25},
    female_share=0.5,
)


def simulate_cases(
    n: int,
    seed: int,
    *,
    n_features: int = 8,
    largest_slope: float = 0.28,
    absent_share: float = 0.08,
    missing_share: float = 0.04,
    conflict_share: float = 0.10,
    population: Population = TEST_POPULATION,
) -> tuple[list[Case], list[Reference]]:
    """Return ``n`` simulated cases and their references; see ``FeatureCohort``.

    Example:
        >>> cases, references = simulate_cases(3, seed=0)
        >>> [table.name for table in cases[0].tables]
        ['simulated_text', 'simulated_voice', 'simulated_face']
        >>> sorted(str(condition) for condition in references[0].scores)
        ['ambivalence', 'depression', 'ptsd']
    """
    cohort = FeatureCohort(
        population=population,
        n_features=n_features,
        largest_slope=largest_slope,
        affect_slope=0.35,
        hesitation_shift=0.8,
        conflict_share=conflict_share,
        conflict_with_ambivalence=0.5,
        ambivalent_share=0.3,
        absent_share=absent_share,
        missing_share=missing_share,
        n_segments=(8, 14),
    )
    return cohort.draw(n, seed)
