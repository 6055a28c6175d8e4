"""The split as a file with a hash: who trains, chooses, calibrates and is scored, per fold."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clinic.errors import SetupError
from clinic.fusion import ParticipantSplit, SplitPlan
from clinic.fusion.splits import stratified_order, take_evenly

ROLES = ("training", "validation", "calibration", "test")


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One fold of one repeat."""

    repeat: int
    number: int
    split: ParticipantSplit


@dataclass(frozen=True, kw_only=True)
class SplitFile:
    """Every fold of an evaluation.

    Args:
        name: Such as ``official`` or ``grouped 5 x 5``.
        aliases: Further ids of a person, to the id that counts: nobody may stand under two
            names in two roles of a fold.

    Raises:
        SetupError: A participant, or somebody under an alias, has two roles in a fold.
    """

    name: str
    folds: tuple[Fold, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.folds:
            raise SetupError(f"split {self.name} has no fold (split)")
        for fold in self.folds:
            if not fold.split.test:
                raise SetupError(f"split {self.name}, fold {fold.number}: nobody is scored (split)")
            self._require_apart(fold)

    def _require_apart(self, fold: Fold) -> None:
        seen: dict[str, tuple[str, str]] = {}
        for role in ROLES:
            for participant in sorted(getattr(fold.split, role)):
                person = self.aliases.get(participant, participant)
                if person in seen:
                    other, where = seen[person]
                    also = "" if other == participant else f", also known as {other},"
                    raise SetupError(
                        f"split {self.name}, repeat {fold.repeat}, fold {fold.number}: "
                        f"participant {participant}{also} is in {where} and in {role}: "
                        "nobody may have two roles (split)"
                    )
                seen[person] = (participant, role)

    @property
    def participants(self) -> frozenset[str]:
        """Everybody who has a role somewhere."""
        return frozenset().union(
            *(getattr(fold.split, role) for fold in self.folds for role in ROLES)
        )

    @property
    def n_repeats(self) -> int:
        """Number of repeats."""
        return len({fold.repeat for fold in self.folds})

    def to_json(self) -> str:
        """Return the content of the file; the same split gives the same bytes."""
        content = {
            "name": self.name,
            "aliases": dict(sorted(self.aliases.items())),
            "folds": [
                {
                    "repeat": fold.repeat,
                    **{role: sorted(getattr(fold.split, role)) for role in ROLES},
                }
                for fold in self.folds
            ],
        }
        return json.dumps(content, indent=1) + "\n"

    @property
    def sha256(self) -> str:
        """Hash of the file's content, stored with every run."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def read(cls, path: Path) -> "SplitFile":
        """Read a split file.

        Raises:
            SetupError: Not a split, or somebody has two roles in a fold.
        """
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                name=str(content.get("name", path.stem)),
                folds=tuple(_folds(content["folds"], path.name)),
                aliases={str(k): str(v) for k, v in content.get("aliases", {}).items()},
            )
        except OSError as error:
            raise SetupError(f"{path.name} cannot be read: {error.strerror} (split)") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SetupError(f"{path.name} is no split file: {error!r} (split)") from error


def planned_split(plan: SplitPlan, strata: Mapping[str, int], *, seed: int) -> SplitFile:
    """Return grouped, stratified, repeated folds.

    Raises:
        SetupError: Fewer participants than folds, or too few left to train.
    """
    if plan.n_folds < 2:
        raise SetupError(f"splits.n_folds is {plan.n_folds}: an evaluation needs at least 2")
    if len(strata) < plan.n_folds:
        raise SetupError(f"{len(strata)} participants, {plan.n_folds} folds (splits.n_folds)")
    whole = replace(plan, test_share=0.0)
    splits = list(whole.folds(strata, seed))
    return SplitFile(
        name=f"grouped, stratified, {plan.n_repeats} x {plan.n_folds} folds, seed {seed}",
        folds=tuple(
            Fold(repeat=place // plan.n_folds, number=place % plan.n_folds, split=split)
            for place, split in enumerate(splits)
        ),
    )


def official_split(
    official: SplitFile, plan: SplitPlan, strata: Mapping[str, int], *, seed: int
) -> SplitFile:
    """Return a corpus' own split, repeated, with the roles that it does not name filled in.

    Who is scored stays as it is. Where nobody calibrates, a share of the training participants
    is drawn anew for each repeat; likewise for validation.
    """
    folds = []
    for repeat in range(plan.n_repeats):
        for fold in official.folds:
            if fold.repeat == 0:
                split = _completed(fold.split, plan, strata, seed + repeat)
                folds.append(Fold(repeat=repeat, number=fold.number, split=split))
    return SplitFile(name=official.name, folds=tuple(folds), aliases=official.aliases)


def _completed(
    split: ParticipantSplit, plan: SplitPlan, strata: Mapping[str, int], seed: int
) -> ParticipantSplit:
    training = {person: strata.get(person, -1) for person in split.training}
    parts = {"validation": split.validation, "calibration": split.calibration}
    shares = {"validation": plan.validation_share, "calibration": plan.calibration_share}
    order = stratified_order(training, seed)
    n_outside = len(order) + len(split.validation) + len(split.calibration)
    for role, share in shares.items():
        if not parts[role]:
            taken, order = take_evenly(order, min(1.0, share * n_outside / max(len(order), 1)))
            parts[role] = frozenset(taken)
    return ParticipantSplit(training=frozenset(order), test=split.test, **parts)


def _folds(entries: Sequence[Mapping[str, Any]], name: str) -> Iterable[Fold]:
    numbers: dict[int, int] = {}
    for entry in entries:
        repeat = int(entry.get("repeat", 0))
        number = numbers.get(repeat, 0)
        numbers[repeat] = number + 1
        roles = {role: [str(p) for p in entry.get(role, [])] for role in ROLES}
        twice = _in_two_roles(roles)
        if twice:
            person, one, other = twice
            raise SetupError(
                f"{name}, repeat {repeat}, fold {number}: participant {person} is in {one} and "
                f"in {other}: nobody may have two roles (split)"
            )
        split = ParticipantSplit(**{role: frozenset(people) for role, people in roles.items()})
        yield Fold(repeat=repeat, number=number, split=split)


def _in_two_roles(roles: Mapping[str, Sequence[str]]) -> tuple[str, str, str] | None:
    seen: dict[str, str] = {}
    for role, people in roles.items():
        for person in people:
            if person in seen:
                return person, seen[person], role
            seen[person] = role
    return None
