"""A corpus as the folder that the other commands read: features, manifest, labels, split."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.import_tables import (
    MANIFEST_COLUMNS,
    finding_rows,
    label_table,
    moment_rows,
    official_split,
    own_transcript,
    table_text,
)
from clinic.datasets.label_files import finding
from clinic.datasets.pooling import Pooler, not_observed
from clinic.errors import DataError, SetupError
from clinic.io.atomic import write_text
from clinic.io.store import read_case, write_case
from clinic.records import Case, FeatureTable, Scale

STORE, MEDIA, TRANSCRIPTS = "store", "media", "transcripts"


class Source(StrEnum):
    """What to import: pooled features that the corpus ships, raw media with words, or both."""

    SHIPPED = "shipped"
    MEDIA = "media"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import wrote.

    Args:
        n_cases: Recordings in the feature store.
        n_media: Recordings in the manifest.
        failed: Recording id and reason, one line each.
        findings: Those of the corpus and those of the import.
    """

    n_cases: int
    n_media: int
    failed: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class CorpusImporter:
    """Settings of an import.

    Args:
        pooler: Makes segment tables of frames.
        source: What to import.
        scales: By condition, of questionnaires with items: answers that contradict their total
            are left out.
    """

    pooler: Pooler
    source: Source
    scales: Mapping[str, Scale] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise SetupError for an unknown source."""
        if self.source not in list(Source):
            names = ", ".join(Source)
            raise SetupError(f"source {self.source}, one of {names} needed (source)")
        object.__setattr__(self, "source", Source(self.source))  # settings come as plain words

    def write(self, reading: CorpusReading, out: Path, progress: Callable[[str], None]) -> Imported:
        """Write everything; a recording that fails is said and the others go on.

        Media are hard links where the file system allows it, else copies: a manifest follows
        no link that leads out of its folder, and the corpus' names may hold dates.

        Raises:
            SetupError: The folder is not empty, nothing could be imported, or it cannot be
                written.
        """
        _claim(out)
        run = _Run(importer=self, out=out)
        for count, item in enumerate(reading.items, start=1):
            progress(f"{item.recording_id}: {count} of {len(reading.items)}")
            run.take(item)
        run.complete_tables()
        if reading.items and not run.n_cases and not run.manifest:
            what = run.failed[0][1] if run.failed else f"no recording has {_needed(self.source)}"
            raise SetupError(f"{reading.corpus}: nothing to import, {what} (source)")
        findings = (*reading.findings, *run.findings)
        references = [item.reference for item in reading.items]
        labels, dropped = label_table(references, tuple(self.scales.values()))
        split, moved = official_split(reading)
        findings = (*findings, *dropped, *moved)
        write_text(out / "labels.csv", labels)
        if any(reference.moments for reference in references):
            write_text(out / "moments.csv", table_text(moment_rows(references)))
        if split is not None:
            write_text(out / "split.json", split)
        write_text(out / "findings.csv", table_text(finding_rows(findings)))
        if run.manifest:
            # The manifest comes last: a folder that has one is complete.
            write_text(out / "manifest.csv", table_text([MANIFEST_COLUMNS, *run.manifest]))
        return Imported(
            n_cases=run.n_cases,
            n_media=len(run.manifest),
            failed=tuple(run.failed),
            findings=findings,
        )


@dataclass
class _Run:
    """One import on its way."""

    importer: CorpusImporter
    out: Path
    n_cases: int = 0
    manifest: list[tuple[str, ...]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    tables: dict[str, FeatureTable] = field(default_factory=dict)
    names: dict[str, frozenset[str]] = field(default_factory=dict)

    def take(self, item: CorpusItem) -> None:
        """Write one recording, or say why it fails."""
        if item.recording_id.casefold() in self.seen:
            raise AssertionError(f"recording {item.recording_id} twice in one reading")
        self.seen.add(item.recording_id.casefold())
        source = self.importer.source
        if source is not Source.MEDIA:
            self._attempt(item, "features", self._features)
        if source is not Source.SHIPPED:
            self._attempt(item, "media", self._media)

    def _attempt(self, item: CorpusItem, stage: str, step: Callable[[CorpusItem], None]) -> None:
        try:
            step(item)
        except (DataError, ValueError) as error:  # records refuse nonsense with ValueError
            self.failed.append((item.recording_id, f"{stage}: {error}"))
            text = f"not imported, {stage}: {error}"
            self.findings.append(finding(FindingKind.UNREADABLE, item.recording_id, text))

    def _features(self, item: CorpusItem) -> None:
        tables = item.tables()
        if not tables:
            return
        case = self.importer.pooler.case(
            recording_id=item.recording_id,
            participant_id=item.participant_id,
            transcript=item.transcript(),
            tables=tables,
        )
        for table in case.tables:
            first = self.tables.get(table.name, table)
            if first.columns != table.columns:
                raise DataError(
                    f"table {table.name} has {len(table.columns)} columns, the recordings before "
                    f"{len(first.columns)} or others: one layout needed"
                )
        write_case(self.out / STORE / item.recording_id, case)
        self.n_cases += 1
        self.names[item.recording_id] = frozenset(table.name for table in case.tables)
        for table in case.tables:
            self.tables.setdefault(table.name, _without_rows(table))

    def complete_tables(self) -> None:
        """Give every case each table: one that it lacks was not observed."""
        for recording_id, names in self.names.items():
            missing = [name for name in self.tables if name not in names]
            if not missing:
                continue
            folder = self.out / STORE / recording_id
            case = read_case(folder)
            kept = {table.name: table for table in case.tables}
            tables = tuple(
                kept[name] if name in kept else not_observed(table, case.segments)
                for name, table in self.tables.items()
            )
            write_case(
                folder,
                Case(
                    recording_id=case.recording_id,
                    participant_id=case.participant_id,
                    segments=case.segments,
                    tables=tables,
                ),
            )
            text = f"no file of {', '.join(sorted(missing))}: not observed"
            self.findings.append(finding(FindingKind.MISSING, recording_id, text))

    def _media(self, item: CorpusItem) -> None:
        if item.media is None:
            return
        transcript = item.transcript()
        medium = f"{MEDIA}/{item.recording_id}{item.media.suffix.lower()}"
        _link_or_copy(item.media, self.out / medium)
        words = ""
        if transcript is not None:
            words = f"{TRANSCRIPTS}/{item.recording_id}.csv"
            write_text(self.out / words, own_transcript(transcript))
        language = (transcript.language if transcript else None) or ""
        self.manifest.append((item.recording_id, item.participant_id, medium, words, language))


def _claim(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise SetupError("the folder is not empty: choose another (out)")
    except OSError as error:
        raise SetupError(f"the folder cannot be made: {error.strerror} (out)") from error


def _needed(source: Source) -> str:
    return {
        Source.SHIPPED: "shipped features: source=media imports raw media",
        Source.MEDIA: "raw media: source=shipped imports features",
        Source.BOTH: "shipped features or raw media",
    }[source]


def _link_or_copy(medium: Path, target: Path) -> None:
    """Put a medium into the folder without a symbolic link.

    Raises:
        DataError: The medium cannot be read.
        SetupError: The folder cannot be written.
    """
    if not medium.is_file():
        raise DataError("the medium is not there")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(medium.resolve(), target)
        return
    except OSError:
        pass  # another file system, or links not allowed: copy
    if not os.access(medium, os.R_OK):
        raise DataError("the medium cannot be read: no permission")
    try:
        shutil.copyfile(medium, target)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise SetupError(f"a medium cannot be copied: {error.strerror} (out)") from error


def _without_rows(table: FeatureTable) -> FeatureTable:
    """Return the columns alone, so that a corpus does not stay in memory."""
    return not_observed(table, ())
