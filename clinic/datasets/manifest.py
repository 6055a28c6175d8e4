"""Our own folder as a corpus: ``manifest.csv``, ``labels.csv`` and, where given, a split."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import finding
from clinic.errors import SetupError
from clinic.io.manifest import ManifestEntry, ManifestReader
from clinic.io.manifest_file import MANIFEST_NAMES
from clinic.io.reading import RecordingReader
from clinic.io.references import read_references
from clinic.records import Reference, Scale, Transcript

LABELS, MOMENTS, SPLIT = "labels.csv", "moments.csv", "split.json"
_ROLES = {"training": "train", "validation": "validation", "test": "test"}


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Reads a folder of the form that ``clinic simulate`` and ``clinic data import`` write.

    ``split.json`` gives parts where it holds a single fold; folds of a cross-validation are no
    official parts.

    Args:
        manifest: How the manifest is read.
        reader: Its transcript reader is used; media are not opened.
        scales: By condition, for items and votes in ``labels.csv``.
    """

    manifest: ManifestReader
    reader: RecordingReader
    scales: Mapping[str, Scale]
    name: str = "manifest"

    def read(self, root: Path) -> CorpusReading:
        """List the folder.

        Raises:
            SetupError: No manifest at the root, or manifest, labels or split unreadable.
        """
        if not any((root / name).is_file() for name in MANIFEST_NAMES):
            raise SetupError(f"no folder of ours: neither {' nor '.join(MANIFEST_NAMES)} is there")
        findings: list[Finding] = []
        entries = self.manifest.read(root)
        labels = self._labels(root, findings)
        parts = _parts(root / SPLIT, findings)
        items = []
        for entry in entries:
            if entry.problem is not None:
                findings.append(finding(FindingKind.UNREADABLE, entry.recording_id, entry.problem))
                continue
            items.append(self._item(entry, labels.pop(entry.recording_id, None), parts, findings))
        for recording in sorted(labels):
            text = f"stands in {LABELS}, in no readable row of the manifest"
            findings.append(finding(FindingKind.MISSING, recording, text))
        people = {item.participant_id for item in items}
        for person in sorted(set(parts) - people):
            text = f"stands in {SPLIT}, has no recording"
            findings.append(finding(FindingKind.MISSING, person, text))
        counts = {"recordings": len(items), "participants": len(people)}
        for item in items:
            for condition in item.reference.scores:
                key = f"with a {condition} score"
                counts[key] = counts.get(key, 0) + 1
        return CorpusReading(
            corpus=self.name, items=tuple(items), findings=tuple(findings), counts=counts
        )

    def _labels(self, root: Path, findings: list[Finding]) -> dict[str, Reference]:
        if not (root / LABELS).is_file():
            text = f"{LABELS} is not there: scores of the manifest alone"
            findings.append(finding(FindingKind.MISSING, "labels", text))
            return {}
        moments = root / MOMENTS if (root / MOMENTS).is_file() else None
        scales = tuple(self.scales.values())
        return {
            reference.recording_id: reference
            for reference in read_references(root / LABELS, moments, scales=scales)
        }

    def _item(
        self,
        entry: ManifestEntry,
        labelled: Reference | None,
        parts: Mapping[str, str],
        findings: list[Finding],
    ) -> CorpusItem:
        name, person = entry.recording_id, entry.participant_id
        if labelled is not None and labelled.participant_id != person:
            text = f"{LABELS} names another participant than the manifest, which is used"
            findings.append(finding(FindingKind.CONTRADICTION, name, text))
            labelled = replace(labelled, participant_id=person)
        reference = labelled or Reference(recording_id=name, participant_id=person, scores={})
        if labelled is None:
            findings.append(finding(FindingKind.MISSING, name, f"no line in {LABELS}"))
        for condition, score in entry.references.items():
            if reference.scores.get(condition, score) != score:
                text = f"{condition}: manifest and {LABELS} disagree, the latter is used"
                findings.append(finding(FindingKind.CONTRADICTION, name, text))
        scores = {**entry.references, **reference.scores}
        for condition in list(scores):
            if (scale := self.scales.get(condition)) and not (
                scale.minimum <= scores[condition] <= scale.maximum
            ):
                text = f"{condition} {scores.pop(condition):g} is off the {scale.name}: no score"
                findings.append(finding(FindingKind.CONTRADICTION, name, text))
        return CorpusItem(
            recording_id=name,
            participant_id=person,
            reference=replace(reference, scores=scores),
            part=parts.get(person),
            media=entry.media_path,
            transcript=partial(self._transcript, entry),
            repairs=entry.notes,
        )

    def _transcript(self, entry: ManifestEntry) -> Transcript | None:
        if not entry.transcript_paths:
            return None
        return self.reader.transcripts.read(
            entry.transcript_paths,
            duration_s=math.inf,
            language=entry.language,
            participant_speaker=entry.participant_speaker,
        ).transcript


def _parts(path: Path, findings: list[Finding]) -> dict[str, str]:
    """Return the part of each participant of a split with one fold."""
    if not path.is_file():
        return {}
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        folds = plain["folds"]
        if len(folds) != 1:
            return {}
        people = [(str(p), part) for role, part in _ROLES.items() for p in folds[0][role]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SetupError(f"{SPLIT} is no split: folds of training, validation, test") from error
    parts: dict[str, str] = {}
    for person, part in people:
        if parts.setdefault(person, part) != part:
            text = f"stands in {parts[person]} and {part} of {SPLIT}"
            raise SetupError(f"participant {person} {text}: one is needed")
    if folds[0].get("calibration"):
        text = f"calibration participants of {SPLIT} have no official part"
        findings.append(finding(FindingKind.REPAIRED, SPLIT, text))
    return parts
