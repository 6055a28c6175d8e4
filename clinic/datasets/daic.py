"""What DAIC-WOZ and E-DAIC share: the same people, and how a folder becomes a reading."""

import wave
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.daic_folders import Shipped, archives, files_of, participant_folders
from clinic.datasets.daic_labels import LabelRow, merged
from clinic.datasets.daic_scores import no_cutoff_explains, scores_of
from clinic.datasets.label_files import counts_against, finding
from clinic.errors import DataError
from clinic.records import Condition, FeatureTable, Reference, Transcript

_PARTS = ("train", "validation", "test")

ReadTables = Callable[[Mapping[str, Path]], tuple[FeatureTable, ...]]
ReadTranscriptOf = Callable[[int, Path], Transcript]


@dataclass(frozen=True, kw_only=True)
class DaicSettings:
    """Settings of both corpora.

    Args:
        excluded: Sessions that the authors leave out.
        interrupted: Sessions that somebody interrupted; kept whole.
        video_cut: Sessions whose video ends before the conversation; kept.
        confidence_from: OpenFace rows below this confidence are not observed.
        max_shortfall_s: Feature files that end this long before the sound get a note.
        phq_cutoff: PHQ-8 score from which the binary label must be 1.
        sex_codes: What numbers in the column Gender mean; a number without a meaning here
            becomes the group ``code 0`` or ``code 1``.
        age_band_starts: First year of each age band.
        published: Counts as the authors publish them.
    """

    excluded: Sequence[int]
    interrupted: Sequence[int]
    video_cut: Sequence[int]
    confidence_from: float
    max_shortfall_s: float
    phq_cutoff: float
    published: Mapping[str, int]
    sex_codes: Mapping[str, str] = field(default_factory=dict)
    age_band_starts: Sequence[int] = ()

    def remarks(self, number: int) -> list[tuple[FindingKind, str]]:
        """Return what is known to be wrong with one session, and what is done about it."""
        found = []
        if number in self.interrupted:
            found.append("somebody interrupted the session: kept whole, nothing cut (interrupted)")
        if number in self.video_cut:
            found.append(
                "the video ends about 2 minutes before the conversation: the face is not "
                "observed from there on (video_cut)"
            )
        return [(FindingKind.REPAIRED, text) for text in found]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How one of the corpora lies on disk and what it is called.

    Args:
        corpus: Name of the adapter.
        prefix: Of recording ids: ``daicwoz`` gives ``daicwoz-300``.
        conditions: Questionnaires whose scores the label files document.
        files: Kinds of file in a participant's folder; ``audio`` and ``transcript`` among them.
        documented: Participants that the documentation lists beyond the label files.
        session_kind: Who led the session, such as ``wizard``.
        has_speakers: Whether transcripts tell the speakers apart.
    """

    corpus: str
    prefix: str
    conditions: tuple[Condition, ...]
    files: tuple[Shipped, ...]
    session_kind: Callable[[int], str]
    has_speakers: bool
    documented: range = range(0)


def assembled(
    root: Path,
    rows: Sequence[LabelRow],
    findings: Iterable[Finding],
    *,
    settings: DaicSettings,
    layout: Layout,
    remarks: Callable[[int], list[tuple[FindingKind, str]]],
    read_tables: ReadTables,
    read_transcript: ReadTranscriptOf,
) -> CorpusReading:
    """Join label rows and folders to one item a participant.

    A participant without a label stays, with no score; a label without a folder, and an
    excluded session, become findings.
    """
    notes = list(findings)
    labels, contradictions = merged(rows)
    folders, folder_notes = participant_folders(root)
    notes += [*contradictions, *folder_notes, *no_cutoff_explains(labels)]
    packed = archives(root)
    items: list[CorpusItem] = []
    for number in sorted({*labels, *folders, *layout.documented}):
        subject = f"daic-{number}"
        if number in settings.excluded:
            if number in labels or number in folders:
                text = "left out: the authors exclude this session (excluded)"
                notes.append(finding(FindingKind.EXCLUDED, subject, text))
            continue
        if number not in folders:
            notes.append(_absent(number, number in labels, packed))
            continue
        if number not in labels:
            text = "has a folder and stands in no label file: kept without scores and part"
            notes.append(finding(FindingKind.EXTRA, subject, text))
        files, file_notes = files_of(folders[number], number, layout.files)
        values = labels.get(number, {})
        scored = scores_of(
            values, subject=subject, phq_cutoff=settings.phq_cutoff, wanted=layout.conditions
        )
        known = remarks(number)
        notes += [*file_notes, *scored.findings]
        notes += [finding(kind, subject, text) for kind, text in known]
        recording_id = f"{layout.prefix}-{number}"
        part = values.get("part")
        items.append(
            CorpusItem(
                recording_id=recording_id,
                participant_id=subject,
                reference=Reference(
                    recording_id=recording_id,
                    participant_id=subject,
                    scores=scored.scores,
                    items=scored.items,
                    attributes=_attributes(values, settings, layout.session_kind(number)),
                ),
                part=part if isinstance(part, str) else None,
                media=files.get("audio"),
                transcript=partial(_transcript, recording_id, number, files, read_transcript),
                tables=partial(_tables, recording_id, files, read_tables, settings),
                repairs=(
                    *(text for _, text in known),
                    *(f.text for f in scored.findings if f.kind is FindingKind.REPAIRED),
                ),
            )
        )
    counts = _counts(items, settings.phq_cutoff)
    notes += counts_against(counts, settings.published, layout.corpus)
    return CorpusReading(
        corpus=layout.corpus,
        items=tuple(items),
        findings=tuple(notes),
        counts=counts,
        published=dict(settings.published),
        has_speakers=layout.has_speakers,
    )


def _absent(number: int, has_label: bool, packed: frozenset[int]) -> Finding:
    where = "has a label and no folder" if has_label else "is documented and not here"
    rest = ": the archive is not unpacked" if number in packed else ""
    return finding(FindingKind.MISSING, f"daic-{number}", f"{where}{rest}")


def _attributes(
    values: Mapping[str, float | str], settings: DaicSettings, session_kind: str
) -> dict[str, str]:
    attributes = {"language": "en", "session_kind": session_kind}
    if isinstance(sex := values.get("sex"), str):
        attributes["sex"] = sex
    starts = list(settings.age_band_starts)
    age = values.get("age")
    if isinstance(age, float) and starts and age >= starts[0]:
        index = sum(age >= start for start in starts) - 1
        last = index == len(starts) - 1
        attributes["age_band"] = (
            f"{starts[index]}+" if last else f"{starts[index]}-{starts[index + 1] - 1}"
        )
    return attributes


def _transcript(
    recording_id: str, number: int, files: Mapping[str, Path], read: ReadTranscriptOf
) -> Transcript | None:
    if "transcript" not in files:
        return None
    try:
        return read(number, files["transcript"])
    except DataError as error:
        raise DataError(f"{recording_id}: {error}") from error


def _tables(
    recording_id: str, files: Mapping[str, Path], read: ReadTables, settings: DaicSettings
) -> tuple[FeatureTable, ...]:
    try:
        tables = read(files)
    except DataError as error:
        raise DataError(f"{recording_id}: {error}") from error
    duration_s = _sound_s(files.get("audio"))
    if duration_s is None:
        return tables
    return tuple(_ends_early(table, duration_s, settings.max_shortfall_s) for table in tables)


def _ends_early(table: FeatureTable, duration_s: float, max_shortfall_s: float) -> FeatureTable:
    """Say where a table ends long before the sound; its missing rows stay missing."""
    end_s = float(table.end_s[-1])
    if duration_s - end_s <= max_shortfall_s:
        return table
    text = (
        f"{table.name} ends at {end_s:.1f} s, the sound at {duration_s:.1f} s: not observed "
        "from there on (max_shortfall_s)"
    )
    return replace(table, notes=(*table.notes, text))


def _sound_s(path: Path | None) -> float | None:
    """Return the length that a WAV's header states, None where it is no plain PCM file."""
    if path is None:
        return None
    try:
        with wave.open(str(path), "rb") as sound:
            return sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError, OSError, ZeroDivisionError):
        return None


def _counts(items: Sequence[CorpusItem], phq_cutoff: float) -> dict[str, int]:
    counts = {"participants": len(items)}
    for part in _PARTS:
        of_part = [item for item in items if item.part == part]
        scores = [
            item.reference.scores[Condition.DEPRESSION]
            for item in of_part
            if Condition.DEPRESSION in item.reference.scores
        ]
        counts[part] = len(of_part)
        if scores:
            n_depressed = sum(score >= phq_cutoff for score in scores)
            counts[f"{part} depressed"] = n_depressed
            counts[f"{part} depressed percent"] = round(100 * n_depressed / len(scores))
    return counts
