"""D-Vlog: features of depression vlogs, one row a second, with an official split."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import (
    counts_against,
    csv_rows,
    finding,
    one_class_only,
    part_named,
    required_text,
)
from clinic.datasets.shipped.npy import array_table, n_rows, numbered, read_npy
from clinic.errors import DataError, SetupError
from clinic.io.identifiers import recording_id_problem
from clinic.records import FeatureTable, Modality, Reference, Scale

LABELS = "labels.csv"
#: id, label, duration, gender, fold: known by their position, the header is not documented.
_N_COLUMNS = 5
_CLASSES = {"normal": 0.0, "depression": 1.0}
_SEXES = {"m": "male", "f": "female"}
_SOURCE = "D-Vlog, Yoon et al. (2022), doi:10.1609/aaai.v36i11.21483"
_PUBLISHED = {
    "recordings": 961,
    "depressed": 555,
    "not depressed": 406,
    "train": 647,
    "validation": 102,
    "test": 212,
}


@dataclass(frozen=True, kw_only=True)
class DVlog:
    """Reads ``labels.csv`` and ``<id>/<id>_visual.npy``, ``<id>/<id>_acoustic.npy``.

    The corpus names no persons: each video counts as its own participant, so that two videos of
    one vlogger may stand in two folds.

    Args:
        depression: Scale of the annotation: 0 normal, 1 depression.
        row_s: Seconds from one row to the next.
    """

    depression: Scale
    row_s: float
    name: str = "dvlog"

    def read(self, root: Path) -> CorpusReading:
        """List the folder.

        Raises:
            SetupError: No ``labels.csv``, or it has not five columns.
        """
        findings: list[Finding] = []
        items = [
            self._item(root, cells, findings)
            for cells in _label_rows(required_text(root / LABELS, "D-Vlog"), findings)
        ]
        named = {item.recording_id.removeprefix("dvlog-") for item in items}
        for folder in sorted(path.name for path in root.iterdir() if path.is_dir()):
            if folder not in named:
                text = f"a folder without a line in {LABELS}: left out"
                findings.append(finding(FindingKind.EXTRA, folder, text))
        counts = _counts(items)
        findings.append(
            finding(
                FindingKind.REPAIRED,
                "participants",
                "the corpus names no persons: each video counts as its own participant",
            )
        )
        findings += one_class_only(items, self.depression)
        findings += counts_against(counts, _PUBLISHED, "D-Vlog")
        return CorpusReading(
            corpus=self.name,
            items=tuple(items),
            findings=tuple(findings),
            counts=counts,
            published=_PUBLISHED,
        )

    def _item(self, root: Path, cells: list[str], findings: list[Finding]) -> CorpusItem:
        identifier, label, _, gender, fold = cells[:_N_COLUMNS]
        name = f"dvlog-{identifier}"
        scores = {}
        if (label_value := _CLASSES.get(label.lower())) is not None:
            scores[self.depression.condition] = label_value
        else:
            text = f"label is neither {' nor '.join(_CLASSES)}: no score"
            findings.append(finding(FindingKind.MISSING, name, text))
        if (part := part_named(fold)) is None:
            text = "fold is none of train, valid, test: no official part"
            findings.append(finding(FindingKind.MISSING, name, text))
        folder = root / identifier
        for kind in ("visual", "acoustic"):
            if not (folder / f"{identifier}_{kind}.npy").is_file():
                text = f"{identifier}_{kind}.npy is not there"
                findings.append(finding(FindingKind.MISSING, name, text))
        sex = _SEXES.get(gender.lower()[:1])
        repairs = _mismatch(folder, identifier)
        findings += [finding(FindingKind.REPAIRED, name, text) for text in repairs]
        return CorpusItem(
            recording_id=name,
            participant_id=name,
            reference=Reference(
                recording_id=name,
                participant_id=name,
                scores=scores,
                attributes={"sex": sex} if sex else {},
            ),
            part=part,
            tables=partial(self._tables, folder, identifier),
            repairs=repairs,
        )

    def _tables(self, folder: Path, identifier: str) -> tuple[FeatureTable, ...]:
        visual = read_npy(folder / f"{identifier}_visual.npy", n_columns=136)
        acoustic = read_npy(folder / f"{identifier}_acoustic.npy", n_columns=25)
        shorter = min(len(visual), len(acoustic))
        notes = _mismatch_note(len(visual), len(acoustic))
        return (
            array_table(
                visual[:shorter],
                name="dvlog_visual",
                modality=Modality.FACE,
                row_s=self.row_s,
                columns=numbered("landmark", 136),
                unit="px",
                source=_SOURCE,
                meaning="coordinate of a face landmark",
                notes=notes,
            ),
            array_table(
                acoustic[:shorter],
                name="dvlog_acoustic",
                modality=Modality.VOICE,
                row_s=self.row_s,
                columns=numbered("acoustic", 25),
                unit="1",
                source=_SOURCE,
                meaning="low-level descriptor of the voice",
                notes=notes,
            ),
        )


def _label_rows(text: str, findings: list[Finding]) -> Iterator[list[str]]:
    """Yield the first line of each id; a header is passed over."""
    try:
        rows = csv_rows(text)
    except DataError as error:
        raise SetupError(f"{LABELS} {error}") from error
    known = (*_CLASSES, "label")
    if not rows or len(rows[0]) != _N_COLUMNS or rows[0][1].lower() not in known:
        raise SetupError(
            f"no D-Vlog folder: {LABELS} begins with {len(rows[0]) if rows else 0} columns, "
            "needed are five: id, label (depression or normal), duration, gender, fold"
        )
    seen: set[str] = set()
    for number, cells in enumerate(rows, start=1):
        if number == 1 and cells[1].lower() == "label":
            continue
        if len(cells) != _N_COLUMNS or recording_id_problem(cells[0]):
            text = f"{len(cells)} cells or no usable id: the line is left out"
            findings.append(finding(FindingKind.UNREADABLE, f"{LABELS} line {number}", text))
        elif cells[0] in seen:
            text = f"stands twice in {LABELS}: the first line is used"
            findings.append(finding(FindingKind.CONTRADICTION, f"dvlog-{cells[0]}", text))
        else:
            seen.add(cells[0])
            yield cells


def _mismatch(folder: Path, identifier: str) -> tuple[str, ...]:
    """Say whether the two files differ in length; a file that cannot be read says so later."""
    try:
        lengths = [n_rows(folder / f"{identifier}_{k}.npy") for k in ("visual", "acoustic")]
    except DataError:
        return ()
    return _mismatch_note(*lengths)


def _mismatch_note(n_visual: int, n_acoustic: int) -> tuple[str, ...]:
    if n_visual == n_acoustic:
        return ()
    shorter = min(n_visual, n_acoustic)
    return (f"{n_visual} visual and {n_acoustic} acoustic rows: both cut to {shorter}",)


def _counts(items: list[CorpusItem]) -> dict[str, int]:
    parts = Counter(item.part for item in items)
    labels = Counter(score for item in items for score in item.reference.scores.values())
    return {
        "recordings": len(items),
        "depressed": labels[1.0],
        "not depressed": labels[0.0],
        **{part: parts[part] for part in ("train", "validation", "test")},
    }
