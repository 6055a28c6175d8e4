"""Who trains, who validates, who calibrates, who tests: by participant, never by recording."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clinic.errors import SetupError
from clinic.records import Reference, Scale


@dataclass(frozen=True, kw_only=True)
class ParticipantSplit:
    """Participants by role. No participant has two roles."""

    training: frozenset[str]
    validation: frozenset[str]
    calibration: frozenset[str]
    test: frozenset[str]

    def __post_init__(self) -> None:
        roles = (self.training, self.validation, self.calibration, self.test)
        assert len(frozenset().union(*roles)) == sum(map(len, roles)), "a participant twice"


@dataclass(frozen=True, kw_only=True)
class SplitPlan:
    """How participants are shared out.

    Args:
        validation_share, calibration_share, test_share: Of all participants; the rest trains.
        n_folds: Folds of the cross-validation over the participants outside the test share.
        n_repeats: Times the cross-validation is repeated in another order, with other seeds.
    """

    validation_share: float
    calibration_share: float
    test_share: float
    n_folds: int
    n_repeats: int = 1

    def __post_init__(self) -> None:
        rest = 1 - self.validation_share - self.calibration_share - self.test_share
        if min(self.validation_share, self.calibration_share, self.test_share) < 0 or rest <= 0:
            raise SetupError(
                f"splits leave {rest:.2f} for training: shares must be positive and sum below 1"
            )
        if self.n_folds < 2 and self.n_folds != 0:
            raise SetupError(f"splits.n_folds is {self.n_folds}: 0 (none) or at least 2 needed")

    def final(self, strata: Mapping[str, int], seed: int) -> ParticipantSplit:
        """Return the split of the model that is kept."""
        order = stratified_order(strata, seed)
        n = len(order)
        calibration_share = self.calibration_share
        test, rest = take_evenly(order, self.test_share)
        calibration, rest = take_evenly(rest, calibration_share * n / max(len(rest), 1))
        validation, training = take_evenly(rest, self.validation_share * n / max(len(rest), 1))
        return _split(training, validation, calibration, test)

    def folds(self, strata: Mapping[str, int], seed: int) -> Iterator[ParticipantSplit]:
        """Yield splits; per repeat their test parts cover everyone outside the final test once."""
        held_out = self.final(strata, seed).test
        rest = {key: value for key, value in strata.items() if key not in held_out}
        for repeat in range(self.n_repeats):
            yield from self._repeat(stratified_order(rest, seed + 1 + repeat))

    def _repeat(self, order: Sequence[str]) -> Iterator[ParticipantSplit]:
        n = len(order)
        for fold in range(self.n_folds):
            scored = order[fold :: self.n_folds]
            rest = [participant for participant in order if participant not in set(scored)]
            calibration, rest = take_evenly(rest, self.calibration_share * n / max(len(rest), 1))
            validation, training = take_evenly(rest, self.validation_share * n / max(len(rest), 1))
            yield _split(training, validation, calibration, scored)


def strata_of(references: Sequence[Reference], scale: Scale) -> dict[str, int]:
    """Return one stratum per participant: the band of the highest score, -1 where unknown."""
    strata: dict[str, int] = {}
    for reference in references:
        score = reference.scores.get(scale.condition)
        known = score is not None and not np.isnan(score)
        band = scale.band_of(score) if known and score is not None else -1
        strata[reference.participant_id] = max(strata.get(reference.participant_id, -1), band)
    return strata


def stratified_order(strata: Mapping[str, int], seed: int) -> list[str]:
    """Return participants stratum after stratum, at random within each.

    Any every-k-th selection of this order takes its share of every stratum, within one person.
    """
    generator = np.random.default_rng(seed)
    order: list[str] = []
    for stratum in sorted(set(strata.values())):
        people = sorted(key for key, value in strata.items() if value == stratum)
        order.extend(people[int(i)] for i in generator.permutation(len(people)))
    return order


def take_evenly(order: Sequence[str], share: float) -> tuple[list[str], list[str]]:
    """Take evenly spaced participants out of a stratified order."""
    n_taken = round(share * len(order))
    if n_taken == 0:
        return [], list(order)
    chosen = {int((i + 0.5) * len(order) / n_taken) for i in range(n_taken)}
    return (
        [p for i, p in enumerate(order) if i in chosen],
        [p for i, p in enumerate(order) if i not in chosen],
    )


def _split(
    training: Sequence[str],
    validation: Sequence[str],
    calibration: Sequence[str],
    test: Sequence[str],
) -> ParticipantSplit:
    if not training or not validation:
        raise SetupError(
            f"{len(training)} training and {len(validation)} validation participants: more "
            "participants or other shares needed (splits)"
        )
    return ParticipantSplit(
        training=frozenset(training),
        validation=frozenset(validation),
        calibration=frozenset(calibration),
        test=frozenset(test),
    )
