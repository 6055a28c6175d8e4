"""Fit a calibration on participants that trained nothing, each counting once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.calibration.calibration import Calibration, TargetCalibration
from clinic.calibration.choice import candidates_of, fit_chosen
from clinic.calibration.conformal import (
    TooFewSubjectsError,
    interval_half_width,
    least_probability,
    rank_needed,
)
from clinic.calibration.maps import ProbabilityMap, fit_map
from clinic.calibration.population import Population
from clinic.errors import SetupError
from clinic.records import Case, RawEstimate, Reference, Scale

#: Rounds in which plausible bands are scored by a map fitted without the participant scored.
N_ROUNDS = 5
#: Rated segments of either answer that a map per segment needs.
LEAST_RATED_SEGMENTS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class CalibrationSubject:
    """One recording of a calibration participant, with its raw estimates and reference.

    Args:
        shown: Shape (n_segments,), whether A/H was rated as shown: 1, 0, NaN; or None.
    """

    raw: tuple[RawEstimate, ...]
    case: Case
    reference: Reference
    shown: NDArray[np.float64] | None = None


@dataclass(frozen=True, kw_only=True)
class CalibrationFitter:
    """Settings of a calibration.

    Args:
        coverage: Share of new participants that intervals and sets of bands are to cover.
        methods: Per condition ``temperature``, ``platt``, ``dirichlet`` or ``isotonic``; or a
            list of them, or ``choose`` for all that suit: the one with the least log loss on
            inner folds of the calibration participants is taken.
        languages: Primary tags of the languages spoken in the training recordings.
    """

    coverage: float
    methods: Mapping[str, str | Sequence[str]]
    languages: Sequence[str]

    def fit(
        self,
        subjects: Sequence[CalibrationSubject],
        *,
        training_cases: Sequence[Case],
        tables: Sequence[str],
    ) -> Calibration:
        """Fit every target.

        Args:
            training_cases: Interviews of the training participants, for the population check.
            tables: Names of the feature tables that the model reads.

        Raises:
            TooFewSubjectsError: Fewer participants with a reference than the coverage needs.
        """
        chosen = one_per_participant(subjects)
        if not chosen:
            raise TooFewSubjectsError(
                f"0 calibration subjects, some needed for coverage {self.coverage:g}"
            )
        return Calibration(
            coverage=self.coverage,
            targets={
                str(raw.scale.condition): self._target(place, raw.scale, chosen)
                for place, raw in enumerate(chosen[0].raw)
            },
            population=Population.of(training_cases, tables),
            languages=tuple(self.languages),
        )

    def _target(
        self, place: int, scale: Scale, subjects: Sequence[CalibrationSubject]
    ) -> TargetCalibration:
        name = str(scale.condition)
        if name not in self.methods:
            raise SetupError(f"no calibration method for {name} (calibration.methods)")
        candidates = candidates_of(self.methods[name], scale.n_bands)
        known = [s for s in subjects if _is_known(s.reference.scores.get(scale.condition))]
        rank_needed(len(known), coverage=self.coverage)
        scores = np.array([s.reference.scores[scale.condition] for s in known], dtype=float)
        bands = np.array([scale.band_of(score) for score in scores], dtype=np.intp)
        logs = np.stack([s.raw[place].log_probabilities for s in known])
        half_width = None
        if not scale.is_rating:
            estimates = np.array([s.raw[place].score for s in known], dtype=float)
            half_width = interval_half_width(estimates - scores, coverage=self.coverage)
        probabilities, choice = fit_chosen(candidates, logs, bands, np.ones(len(known)))
        return TargetCalibration(
            probabilities=probabilities,
            half_width=half_width,
            least_probability=least_probability(
                _held_out(candidates, logs, bands), coverage=self.coverage
            ),
            segment_map=_segment_map(place, subjects) if scale.is_rating else None,
            n_subjects=len(known),
            choice=choice if choice.log_loss else None,
        )


def one_per_participant(
    subjects: Sequence[CalibrationSubject],
) -> tuple[CalibrationSubject, ...]:
    """Keep one recording of each participant: recordings of one person are not exchangeable.

    The one whose id has the lowest hash stays: arbitrary, and the same in every run.
    """
    chosen: dict[str, CalibrationSubject] = {}
    for subject in sorted(subjects, key=lambda s: _hash(s.case.recording_id)):
        chosen.setdefault(subject.case.participant_id, subject)
    return tuple(chosen.values())


def _is_known(score: float | None) -> bool:
    return score is not None and not np.isnan(score)


def _held_out(
    candidates: Sequence[str], logs: NDArray[np.float64], bands: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return each subject's probability of the true band by a map that never saw them.

    Where maps are chosen, they are chosen anew in each round, without the subjects scored.
    """
    rounds = np.arange(len(bands)) % min(N_ROUNDS, len(bands))
    held_out = np.empty(len(bands))
    for number in range(rounds.max() + 1):
        scored, fitted = rounds == number, rounds != number
        map_, _ = fit_chosen(candidates, logs[fitted], bands[fitted], np.ones(fitted.sum()))
        probabilities = map_.apply(logs[scored])
        held_out[scored] = probabilities[np.arange(scored.sum()), bands[scored]]
    return held_out


def _segment_map(place: int, subjects: Sequence[CalibrationSubject]) -> ProbabilityMap | None:
    """Fit one map for segments, each participant's segments together counting once."""
    logits, labels, weights = [], [], []
    for subject in subjects:
        raw = subject.raw[place].segment_logits
        if raw is None or subject.shown is None:
            continue
        rated = ~np.isnan(raw) & ~np.isnan(subject.shown)
        logits.append(raw[rated])
        labels.append(subject.shown[rated])
        weights.append(np.full(rated.sum(), 1.0 / max(rated.sum(), 1)))
    if not logits:
        return None
    logit, label = np.concatenate(logits), np.concatenate(labels).astype(np.intp)
    if min(label.sum(), len(label) - label.sum()) < LEAST_RATED_SEGMENTS:
        return None
    pairs = np.stack([-np.logaddexp(0, logit), -np.logaddexp(0, -logit)], axis=1)
    return fit_map("platt", pairs, label, np.concatenate(weights))


def _hash(recording_id: str) -> str:
    return hashlib.sha256(recording_id.encode()).hexdigest()
