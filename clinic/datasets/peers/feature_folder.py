"""A folder of one tool's feature files: each file is a recording named by its stem."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import finding
from clinic.datasets.peers.pyfeat import PyFeatReader
from clinic.errors import DataError, SetupError
from clinic.io.identifiers import identifying, recording_id_problem, same_name
from clinic.io.references import read_references
from clinic.records import FeatureTable, Reference, Scale


@dataclass(frozen=True, kw_only=True)
class FeatureFolder:
    """Reads the files of a folder, or one file.

    Args:
        name: The tool, such as ``openface``.
        reader: Reads one file into one table of frames; or a py-feat reader, whose files may
            hold several videos.
        suffixes: Endings of its files.
        allow_identifying_ids: Accept file names that look like a person's name.
    """

    name: str
    reader: Callable[[Path], FeatureTable] | PyFeatReader
    suffixes: Sequence[str]
    allow_identifying_ids: bool = False

    def read(
        self, path: Path, *, labels: Path | None = None, scales: Sequence[Scale] = ()
    ) -> CorpusReading:
        """List the recordings; of py-feat's files the videos in them are read.

        Args:
            labels: CSV ``recording_id,participant_id``, scores and attributes; None where
                nothing is known: then each file counts as its own participant.

        Raises:
            SetupError: No such file in the folder, two recordings of one name, or labels that
                cannot be read.
        """
        findings: list[Finding] = []
        known = (
            {r.recording_id: r for r in read_references(labels, scales=scales)} if labels else {}
        )
        items: list[CorpusItem] = []
        for recording_id, tables in self._recordings(path, findings):
            if same_name(recording_id) in {same_name(item.recording_id) for item in items}:
                raise SetupError(f"{self.name}: two files named {recording_id}: names must differ")
            items.append(self._item(recording_id, tables, known, findings))
        if not items:
            why = findings[0].text if findings else f"no *{', *'.join(self.suffixes)}"
            raise SetupError(f"no {self.name} file that can be used: {why} (path)")
        missing = sorted(set(known) - {item.recording_id for item in items})
        findings += [
            finding(FindingKind.MISSING, name, "has a label and no feature file")
            for name in missing
        ]
        if labels is None:
            text = "no labels: each recording counts as its own participant (labels)"
            findings.append(finding(FindingKind.REPAIRED, "participants", text))
        return CorpusReading(
            corpus=self.name,
            items=tuple(items),
            findings=tuple(findings),
            counts={"recordings": len(items), "labelled": len(set(known)) - len(missing)},
        )

    def _item(
        self,
        recording_id: str,
        tables: Callable[[], tuple[FeatureTable, ...]],
        known: Mapping[str, Reference],
        findings: list[Finding],
    ) -> CorpusItem:
        reference = known.get(recording_id)
        if reference is None:
            if known:
                text = "no line in the labels: its own participant, no score"
                findings.append(finding(FindingKind.MISSING, recording_id, text))
            reference = Reference(recording_id=recording_id, participant_id=recording_id, scores={})
        return CorpusItem(
            recording_id=recording_id,
            participant_id=reference.participant_id,
            reference=reference,
            tables=tables,
        )

    def _recordings(
        self, path: Path, findings: list[Finding]
    ) -> Iterator[tuple[str, Callable[[], tuple[FeatureTable, ...]]]]:
        for number, file in enumerate(_files(path, self.suffixes), start=1):
            subject = f"file {number}"
            recordings: list[tuple[str, Callable[[], tuple[FeatureTable, ...]]]]
            if isinstance(self.reader, PyFeatReader):
                try:
                    names = self.reader.videos(file)
                except DataError as error:
                    findings.append(finding(FindingKind.UNREADABLE, subject, str(error)))
                    continue
                recordings = [(name, partial(_video, self.reader, file, name)) for name in names]
            else:
                recordings = [(file.stem, partial(_read, self.reader, file))]
            for name, tables in recordings:
                if problem := self._problem(name):
                    findings.append(finding(FindingKind.EXCLUDED, subject, problem))
                else:
                    yield name, tables

    def _problem(self, name: str) -> str | None:
        """Say why a name cannot stand for a recording, without telling it."""
        if problem := recording_id_problem(name):
            return f"named by the file: {problem}"
        sign = None if self.allow_identifying_ids else identifying(name)
        return f"the file's name may identify a person ({sign}): rename it" if sign else None


def _files(path: Path, suffixes: Sequence[str]) -> list[Path]:
    """Return the files of a folder in order, without hidden ones and links."""
    if path.is_file():
        return [path]
    return sorted(
        file
        for file in path.iterdir()
        if file.suffix.lower() in suffixes
        and not file.name.startswith(".")
        and file.is_file()
        and not file.is_symlink()
    )


def _read(reader: Callable[[Path], FeatureTable], path: Path) -> tuple[FeatureTable, ...]:
    return (reader(path),)


@lru_cache(maxsize=1)
def _videos(reader: PyFeatReader, path: Path) -> Mapping[str, FeatureTable]:
    """Read a file once for the recordings in it, which are imported one after another."""
    return reader.read_all(path)


def _video(reader: PyFeatReader, path: Path, name: str) -> tuple[FeatureTable, ...]:
    found = _videos(reader, path)
    if name not in found:
        raise DataError("the rows of this video lie behind the damage of the file")
    return (found[name],)
