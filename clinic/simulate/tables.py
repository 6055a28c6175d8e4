"""The tables beside a cohort: manifest, labels and moments, written whole or not at all."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from clinic.records import Condition, Reference

MANIFEST_COLUMNS = (
    *("recording_id", "participant_id", "media_path", "transcript_path", "language"),
)
LABEL_COLUMNS = (
    *("recording_id", "participant_id", "depression", "ptsd", "ambivalence", "sex", "age_band"),
)
MOMENT_COLUMNS = ("recording_id", "start_s", "end_s", "ambivalence")


def write_labels(out: Path, references: Sequence[Reference]) -> None:
    """Write ``labels.csv`` and ``moments.csv`` of a cohort."""
    labels = [
        (
            *(r.recording_id, r.participant_id),
            *(int(r.scores[condition]) for condition in Condition),
            *(r.attributes["sex"], r.attributes["age_band"]),
        )
        for r in references
    ]
    moments = [
        (r.recording_id, f"{m.start_s:.3f}", f"{m.end_s:.3f}", int(m.shown))
        for r in references
        for m in r.moments
    ]
    write_csv(out / "labels.csv", LABEL_COLUMNS, labels)
    write_csv(out / "moments.csv", MOMENT_COLUMNS, moments)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with a header."""
    with replaced(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder and move it to its place at the end."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
