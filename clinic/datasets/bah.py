"""BAH: filmed answers about behaviour change, rated for ambivalence and hesitancy (A/H)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from clinic.datasets.bah_files import (
    DEFAULT_CLASSES,
    SplitLine,
    chunk_transcript,
    class_ids,
    frame_labels,
    load_yaml,
    split_line,
    stretches,
)
from clinic.datasets.bah_places import (
    feature_folders,
    ids_of,
    key_of,
    rate_and_length,
    stem_of,
    video_below,
)
from clinic.datasets.corpus import CorpusItem, CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import finding, people_in_two_parts, text_of
from clinic.datasets.plain_text import whole_utterance
from clinic.datasets.shipped.npy import array_table, numbered, read_npy
from clinic.errors import DataError, SetupError
from clinic.records import Condition, FeatureTable, Modality, MomentLabel, Reference, Transcript

_PARTS = (("train", "train"), ("val", "validation"), ("test", "test"))
_UNLABELLED = "test_unlabeled"
_FEATURES = (
    ("video", Modality.FACE, "dimension of the corpus' face embedding"),
    ("vggish", Modality.VOICE, "dimension of the VGGish embedding of the sound"),
    ("bert", Modality.TEXT, "dimension of the BERT embedding of the words"),
)
_SOURCE = "BAH, Gonzalez-Gonzalez et al. (2025), arXiv:2505.19328"


@dataclass(frozen=True, kw_only=True)
class Bah:
    """Reads the split lists with the videos, transcripts, annotations and features behind them.

    Recordings are named ``bah-<person>-v<visit>-q<question>-<hash>``: file names hold date and
    time of the visit, ids must not. The person on camera answers alone.

    Args:
        frame_rate_hz: Of annotations and features; None takes each video's own rate.
        first_frame: Number of the frame at second 0 in the annotations.
        max_overlap_s: Overlap of neighbouring transcript chunks up to this is trimmed.
        annotations: Name of the file with frame labels.
        features: Folder with extracted features.
    """

    frame_rate_hz: float | None
    first_frame: int
    max_overlap_s: float
    language: str | None
    annotations: str = "video_annotation.yaml"
    features: str = "features/compacted_48"
    name: str = "bah"

    def read(self, root: Path) -> CorpusReading:
        """List the folder.

        Raises:
            SetupError: No split list is there.
        """
        base = root / "data" if (root / "data").is_dir() else root
        lists = [(base / "split" / f"{stem}.txt", part) for stem, part in _PARTS]
        if not any(path.is_file() for path, _ in lists):
            raise SetupError("no BAH folder: no data/split/train.txt, val.txt or test.txt")
        findings: list[Finding] = []
        classes = _classes(base, findings)
        frames = self._frames(root, base, findings)
        features = feature_folders(root, base, self.features)
        items: dict[str, CorpusItem] = {}
        for path, part in lists:
            for line in _lines(path, classes, findings):
                if line.label is None:
                    text = f"{path.name} gives no label of class_id.yaml: no score"
                    findings.append(finding(FindingKind.MISSING, ids_of(line.path)[0], text))
                item = self._item(base, line, part, frames, features, findings)
                _keep(item, items, findings)
        hidden = root / _UNLABELLED
        if (hidden / "split" / "test.txt").is_file():
            before = len(items)
            for line in _lines(hidden / "split" / "test.txt", classes, findings):
                bare = SplitLine(path=line.path, label=None, transcript=line.transcript)
                _keep(self._item(hidden, bare, None, {}, features, findings), items, findings)
            text = f"recordings without a label: {len(items) - before}; no score, no part"
            findings.append(finding(FindingKind.EXCLUDED, _UNLABELLED, text))
        kept = tuple(items.values())
        findings += people_in_two_parts(kept)
        counts = _counts(kept)
        for label in ("with A/H", "without A/H"):
            if not counts[label]:
                text = "no recording: nothing can be learnt or tested from one class"
                findings.append(finding(FindingKind.MISSING, label, text))
        return CorpusReading(corpus=self.name, items=kept, findings=tuple(findings), counts=counts)

    def _frames(self, root: Path, base: Path, findings: list[Finding]) -> Mapping[str, Any]:
        """Return the frame annotations by the video's path from the participant on."""
        places = [base / self.annotations, root / self.annotations]
        places += sorted(base.glob(f"*/{self.annotations}"))
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            text = f"{self.annotations} is not there: no moments"
            findings.append(finding(FindingKind.MISSING, "frame labels", text))
            return {}
        try:
            plain = load_yaml(path)
        except DataError as error:
            findings.append(finding(FindingKind.UNREADABLE, "frame labels", str(error)))
            return {}
        return {key_of(str(name)): found for name, found in dict(plain or {}).items()}

    def _item(
        self,
        base: Path,
        line: SplitLine,
        part: str | None,
        frames: Mapping[str, Any],
        features: Mapping[str, Path],
        findings: list[Finding],
    ) -> CorpusItem:
        name, person = ids_of(line.path)
        video = video_below(base, line.path)
        if video is None:
            findings.append(finding(FindingKind.MISSING, name, "the video is not there"))
        moments: tuple[MomentLabel, ...] = ()
        if (plain := frames.get(key_of(line.path))) is not None:
            try:
                moments = stretches(
                    frame_labels(plain),
                    frame_rate_hz=self._rate(video),
                    first_frame=self.first_frame,
                )
            except DataError as error:
                text = f"no moments: {error}"
                findings.append(finding(FindingKind.UNREADABLE, name, text))
            if line.label is not None and moments and line.label != any(m.shown for m in moments):
                text = f"video label {line.label}, frames say otherwise: both are kept"
                findings.append(finding(FindingKind.CONTRADICTION, name, text))
        folder = features.get(stem_of(line.path))
        if features and folder is None:
            findings.append(finding(FindingKind.MISSING, name, "no extracted features"))
        scores = {} if line.label is None else {Condition.AMBIVALENCE: float(line.label)}
        return CorpusItem(
            recording_id=name,
            participant_id=person,
            reference=Reference(
                recording_id=name, participant_id=person, scores=scores, moments=moments
            ),
            part=part,
            media=video,
            transcript=partial(self._transcript, base, line, video),
            tables=partial(self._tables, folder, video),
        )

    def _rate(self, video: Path | None) -> float:
        if self.frame_rate_hz is not None:
            return self.frame_rate_hz
        if video is None:
            raise DataError("frame rate unknown without the video (data.frame_rate_hz)")
        return rate_and_length(video)[0]

    def _transcript(self, base: Path, line: SplitLine, video: Path | None) -> Transcript | None:
        inner = key_of(line.path)
        folder = base / "transcription" / "Videos" / inner
        path = folder / f"{stem_of(line.path)}.yml"
        if path.is_file():
            end_s = None if video is None else rate_and_length(video)[1]
            return chunk_transcript(
                path, end_s=end_s, max_overlap_s=self.max_overlap_s, language=self.language
            )
        if not line.transcript:
            return None
        if video is None:
            raise DataError("the words of the split list have no times without the video")
        return whole_utterance(
            line.transcript,
            duration_s=rate_and_length(video)[1],
            source_format="bah split list",
            language=self.language,
        )

    def _tables(self, folder: Path | None, video: Path | None) -> tuple[FeatureTable, ...]:
        if folder is None:
            return ()
        tables = []
        for stem, modality, meaning in _FEATURES:
            if not (folder / f"{stem}.npy").is_file():
                continue
            values = read_npy(folder / f"{stem}.npy")
            tables.append(
                array_table(
                    values,
                    name=f"bah_{stem}",
                    modality=modality,
                    row_s=1 / self._rate(video),
                    columns=numbered(stem, values.shape[1]),
                    unit="1",
                    source=_SOURCE,
                    meaning=meaning,
                )
            )
        return tuple(tables)


def _lines(path: Path, classes: Mapping[str, int], findings: list[Finding]) -> list[SplitLine]:
    if not path.is_file():
        text = "the split list is not there"
        findings.append(finding(FindingKind.MISSING, f"split/{path.name}", text))
        return []
    try:
        text = text_of(path)
    except DataError as error:
        findings.append(finding(FindingKind.UNREADABLE, f"split/{path.name}", str(error)))
        return []
    found = []
    for count, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        read = split_line(line, classes)
        if len(read.path.split("/")) < 3 or ".." in read.path.split("/"):
            text = "no path with a participant in it: the line is left out"
            findings.append(
                finding(FindingKind.UNREADABLE, f"split/{path.name} line {count}", text)
            )
            continue
        found.append(read)
    return found


def _keep(item: CorpusItem, items: dict[str, CorpusItem], findings: list[Finding]) -> None:
    """Keep the first line of each recording: training goes before test."""
    if (first := items.get(item.recording_id)) is not None:
        text = f"listed twice ({first.part}, {item.part}): the first is used"
        findings.append(finding(FindingKind.CONTRADICTION, item.recording_id, text))
        return
    items[item.recording_id] = item


def _classes(base: Path, findings: list[Finding]) -> Mapping[str, int]:
    for path in (base / "split" / "class_id.yaml", base / "class_id.yaml"):
        if path.is_file():
            try:
                return class_ids(path)
            except DataError as error:
                raise SetupError(str(error)) from error
    text = "class_id.yaml is not there: 1 is taken for with A/H, 0 for without"
    findings.append(finding(FindingKind.MISSING, "classes", text))
    return DEFAULT_CLASSES


def _counts(items: tuple[CorpusItem, ...]) -> dict[str, int]:
    scores = [score for item in items for score in item.reference.scores.values()]
    counts = {
        "recordings": len(items),
        "participants": len({item.participant_id for item in items}),
        "with A/H": sum(score == 1 for score in scores),
        "without A/H": sum(score == 0 for score in scores),
    }
    return counts | {
        part: sum(item.part == part for item in items) for part in ("train", "validation", "test")
    }
