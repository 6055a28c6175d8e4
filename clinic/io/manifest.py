"""Which recordings there are: a manifest file, or a folder looked through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from clinic.errors import SetupError
from clinic.io.folder import files_of_folder
from clinic.io.identifiers import (
    identifying,
    normalised,
    participant_id_problem,
    recording_id_problem,
    same_name,
)
from clinic.io.manifest_file import MANIFEST_NAMES, read_rows
from clinic.io.rows import Row
from clinic.records import Condition, Role


@dataclass(frozen=True, kw_only=True)
class ManifestEntry:
    """One recording to read.

    Args:
        media_path: None where the row's path cannot be used.
        transcript_paths: Empty without a transcript; several where each speaker has a file.
        participant_speaker: The participant's label in this transcript, or None.
        references: Scores of questionnaires, where the manifest gives them.
        problem: Why this recording cannot be read; the reader turns it into a DataError, so
            that the others go on.
        notes: What was assumed, in words for the report.
    """

    recording_id: str
    participant_id: str
    media_path: Path | None
    transcript_paths: tuple[Path, ...] = ()
    language: str | None = None
    channel_roles: tuple[Role, ...] = ()
    visit_date: date | None = None
    participant_speaker: str | None = None
    references: Mapping[Condition, float] = field(default_factory=dict)
    problem: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ManifestReader:
    """Lists recordings.

    Args:
        allow_identifying_ids: Let ids pass that look like names or e-mail addresses.
        speaker_names: Labels by which a folder's per-speaker transcripts are known
            (``x_doctor.TextGrid`` beside ``x_patient.TextGrid``).
    """

    allow_identifying_ids: bool
    speaker_names: Sequence[str] = ()

    def read(self, source: Path) -> tuple[ManifestEntry, ...]:
        """List a folder, a media file or a manifest file (CSV or Parquet), sorted as found.

        In a folder, ``manifest.csv`` or ``manifest.parquet`` at its root wins; otherwise
        every media file below it is a recording, named by its stem, with the transcript of
        the same stem. Paths stay inside the manifest's folder; links are refused.

        Raises:
            SetupError: Nothing there, no recording found, or a manifest without a needed
                column.
        """
        source = Path(source)
        if source.is_dir():
            for name in MANIFEST_NAMES:
                if (source / name).is_file():
                    return self._checked(read_rows(source / name))
            return self._checked(files_of_folder(source, speaker_names=self.speaker_names))
        if not source.is_file():
            raise SetupError("input is neither a folder nor a file (input)")
        if source.suffix.lower() in (".csv", ".parquet", ".tsv"):
            return self._checked(read_rows(source))
        rows = files_of_folder(source.parent, speaker_names=self.speaker_names, only=source)
        return self._checked(rows)

    def _checked(self, rows: list[Row]) -> tuple[ManifestEntry, ...]:
        if not rows:
            raise SetupError("no recording found (input)")
        by_id: dict[str, list[Row]] = {}
        for row in rows:
            by_id.setdefault(same_name(row.recording_id), []).append(row)
        entries = []
        for key, group in by_id.items():
            if len(group) > 1 and key:
                places = " and ".join(row.place for row in group)
                problem = f"recording id stands in {places}: ids must be unique (recording_id)"
                entries.append(self._entry(replace(group[0], problem=problem)))
            else:
                entries += [self._entry(row) for row in group]
        return tuple(entries)

    def _entry(self, row: Row) -> ManifestEntry:
        recording_id, participant_id = normalised(row.recording_id), normalised(row.participant_id)
        problems = [row.problem] if row.problem else []
        if problem := recording_id_problem(recording_id):
            problems.append(f"{row.place}: {problem}")
        if problem := self._participant_problem(participant_id):
            problems.append(f"{row.place}: {problem}")
            participant_id = "refused"
        if problem := self._identifying(recording_id, "recording id"):
            problems.append(f"{row.place}: {problem}")
        # An id that cannot be used, or may be a name, does not travel into error tables.
        if len(problems) > bool(row.problem) and (
            recording_id_problem(recording_id) or self._identifying(recording_id, "")
        ):
            recording_id = row.place.replace(" ", "-")
        return ManifestEntry(
            recording_id=recording_id,
            participant_id=participant_id,
            media_path=row.media_path,
            transcript_paths=row.transcript_paths,
            language=row.language,
            channel_roles=row.channel_roles,
            visit_date=row.visit_date,
            participant_speaker=row.participant_speaker,
            references=row.references,
            problem=problems[0] if problems else None,
            notes=row.notes,
        )

    def _participant_problem(self, identifier: str) -> str | None:
        return participant_id_problem(identifier) or self._identifying(identifier, "participant id")

    def _identifying(self, identifier: str, what: str) -> str | None:
        sign = None if self.allow_identifying_ids else identifying(identifier)
        if sign is None:
            return None
        return (
            f"{what} looks like a name or address ({sign}): "
            "pseudonyms are needed (allow_identifying_ids)"
        )
