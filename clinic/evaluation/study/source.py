"""Where an evaluation's data lie: a feature store, or what ``clinic data import`` wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic.errors import SetupError
from clinic.io.store import CASE_FILE, read_references, read_store
from clinic.records import Case, Reference, Scale

STORE = "store"
LABELS = "labels.csv"
MOMENTS = "moments.csv"
SPLIT = "split.json"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Paths of one data set; ``split`` is None where it has no split of its own."""

    store: Path
    labels: Path
    moments: Path | None
    split: Path | None


def find_source(
    folder: Path,
    *,
    labels: Path | None = None,
    moments: Path | None = None,
    split: Path | None = None,
) -> Source:
    """Find the parts of a data set; what is given goes before what lies in the folder.

    Raises:
        SetupError: No feature store, or no labels.
    """
    if not folder.is_dir():
        raise SetupError(f"{folder.name} is no folder (source)")
    store = folder / STORE if (folder / STORE).is_dir() else folder
    if next(store.rglob(CASE_FILE), None) is None:
        raise SetupError(
            f"{folder.name} holds no {CASE_FILE}: a feature store of `clinic extract` or a "
            "folder of `clinic data import` needed (source)"
        )
    found = labels or _file(folder, LABELS)
    if found is None:
        raise SetupError(f"{folder.name} has no {LABELS}: give a table of references (labels)")
    return Source(
        store=store,
        labels=found,
        # Moments of the folder belong to its own labels.
        moments=moments or (_file(folder, MOMENTS) if labels is None else None),
        split=split or _file(folder, SPLIT),
    )


def read_sources(
    sources: Sequence[Source], scales: Sequence[Scale]
) -> tuple[list[Case], list[Reference]]:
    """Read the cases and references of one or more data sets.

    Args:
        scales: Say how many items a questionnaire has, and their range.

    Raises:
        SetupError: A recording stands in two of them.
        DataError: A case is damaged.
    """
    cases: list[Case] = []
    references: list[Reference] = []
    for source in sources:
        references += read_references(source.labels, source.moments, scales=scales)
        cases += read_store(source.store)
    for reference in references:
        _require_on_scale(reference, scales)
    names = [case.recording_id for case in cases]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SetupError(f"recording {twice[0]} stands in two sources: ids must differ (corpora)")
    return cases, references


def _require_on_scale(reference: Reference, scales: Sequence[Scale]) -> None:
    for scale in scales:
        score = reference.scores.get(scale.condition)
        if score is not None and not scale.minimum <= score <= scale.maximum:
            raise SetupError(
                f"recording {reference.recording_id}: {scale.condition} is {score:g}, "
                f"{scale.name} goes from {scale.minimum:g} to {scale.maximum:g} (labels, scales)"
            )


def _file(folder: Path, name: str) -> Path | None:
    return folder / name if (folder / name).is_file() else None
