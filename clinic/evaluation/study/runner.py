"""Run every model on every fold of every repeat, in parallel, and go on after a kill."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from clinic.errors import ClinicError, SetupError
from clinic.evaluation.study.contender import Contender
from clinic.evaluation.study.data import StudyData
from clinic.evaluation.study.degradations import Degradations
from clinic.evaluation.study.split_file import Fold, SplitFile
from clinic.evaluation.study.unit import UnitOutcome, read_unit, run_unit, unit_digest, write_unit

#: Called with words for a progress line.
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One model on one fold."""

    model: str
    fold: Fold

    @property
    def file_name(self) -> str:
        """Name of its file below the folder of units."""
        return f"{self.model}/repeat-{self.fold.repeat:02d}-fold-{self.fold.number:02d}.parquet"


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """Models, people and folds of one evaluation.

    Args:
        contenders: Model choices by name.
        settings: Of each contender as text; a unit made with other settings is made again.
        seed: Of the first repeat's weights; every repeat and fold has its own.
    """

    contenders: Mapping[str, Contender]
    settings: Mapping[str, str]
    data: StudyData
    split: SplitFile
    degradations: Degradations | None
    seed: int

    def __post_init__(self) -> None:
        strangers = self.split.participants - self.data.participants
        if self.split.participants <= strangers:
            raise SetupError("nobody of the split has features: compare participant_id (split)")

    def run(self, folder: Path, *, workers: int, progress: Progress) -> dict[str, str]:
        """Run what is not done yet; return the failures by unit, in words.

        Args:
            folder: Where units are kept; finished ones with the same digest are not run again.
            workers: Processes; 0 or 1 runs in this one.
        """
        units = list(self.units())
        todo = [u for u in units if unit_digest(folder / u.file_name) != self.digest(u)]
        progress(f"{len(units) - len(todo)} of {len(units)} fits are there already")
        failures: dict[str, str] = {}
        for number, (unit, problem) in enumerate(self._each(todo, folder, workers), start=1):
            if problem:
                failures[unit.file_name] = problem
            progress(
                f"fit {number} of {len(todo)}: {unit.file_name}{': ' * bool(problem)}{problem}"
            )
        return failures

    def units(self) -> Iterator[Unit]:
        """Yield every model on every fold, fold by fold, so that models keep abreast."""
        for fold in self.split.folds:
            for model in self.contenders:
                yield Unit(model=model, fold=fold)

    def outcomes(self, folder: Path, model: str) -> Iterator[UnitOutcome]:
        """Yield the finished units of one model, in order."""
        for fold in self.split.folds:
            unit = Unit(model=model, fold=fold)
            if unit_digest(folder / unit.file_name) == self.digest(unit):
                yield read_unit(folder / unit.file_name)

    def digest(self, unit: Unit) -> str:
        """Return what a unit's numbers depend on, as a hash."""
        content = [
            unit.file_name,
            self.settings[unit.model],
            self.split.sha256,
            self._data_digest,
            repr(self.degradations),
            self.seed,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def _data_digest(self) -> str:
        if "_digest" not in self.__dict__:
            object.__setattr__(self, "_digest", data_digest(self.data))
        return str(self.__dict__["_digest"])

    def seed_of(self, fold: Fold) -> int:
        """Return the seed of weights: another for every repeat and fold, the same for models."""
        return self.seed + 1009 * fold.repeat + 17 * (fold.number + 1)

    def _each(self, units: list[Unit], folder: Path, workers: int) -> Iterator[tuple[Unit, str]]:
        if workers <= 1:
            for unit in units:
                yield unit, self._one(unit, folder)
            return
        from joblib import Parallel, delayed

        jobs = Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch=workers)
        yield from jobs(delayed(self._pair)(unit, folder) for unit in units)

    def _pair(self, unit: Unit, folder: Path) -> tuple[Unit, str]:
        return unit, self._one(unit, folder)

    def _one(self, unit: Unit, folder: Path) -> str:
        """Run one unit; return what went wrong, or an empty string."""
        try:
            outcome = run_unit(
                self.contenders[unit.model],
                self.data,
                unit.fold,
                self.degradations,
                self.seed_of(unit.fold),
            )
        except ClinicError as error:
            return str(error)
        write_unit(folder / unit.file_name, outcome, self.digest(unit))
        return ""


def data_digest(data: StudyData) -> str:
    """Return a hash over every value and reference."""
    digest = hashlib.sha256()
    for case in data.cases:
        digest.update(f"{case.recording_id} {case.participant_id}".encode())
        for table in case.tables:
            digest.update(table.name.encode() + table.values.tobytes())
        digest.update(repr(data.references[case.recording_id]).encode())
    return digest.hexdigest()
