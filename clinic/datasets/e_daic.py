"""E-DAIC: DAIC-WOZ extended by sessions that a machine led alone (AVEC 2019)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic.datasets.corpus import CorpusReading, Finding, FindingKind
from clinic.datasets.daic import DaicSettings, Layout, assembled
from clinic.datasets.daic_folders import Shipped
from clinic.datasets.daic_labels import N_PCL_ITEMS, LabelList, LabelRow, read_lists
from clinic.datasets.daic_transcripts import read_recognised_transcript
from clinic.datasets.label_files import finding
from clinic.datasets.shipped.openface import read_openface
from clinic.datasets.shipped.opensmile_csv import read_opensmile
from clinic.records import Condition, FeatureTable, Transcript

_FILES = (
    Shipped(key="audio", name="AUDIO.wav", pattern=r"audio\.wav"),
    Shipped(key="transcript", name="Transcript.csv", pattern=r"transcripts?\.csv"),
    Shipped(
        key="openface",
        name="OpenFace2.1.0_Pose_gaze_AUs.csv",
        pattern=r"openface_?2\.1\.0_pose_gaze_aus\.(csv|txt)",
    ),
    Shipped(
        key="egemaps",
        name="OpenSMILE2.3.0_egemaps.csv",
        pattern=r"opensmile_?2\.3\.0_egemaps\.csv",
    ),
    Shipped(key="mfcc", name="OpenSMILE2.3.0_mfcc.csv", pattern=r"opensmile_?2\.3\.0_mfccs?\.csv"),
)

#: Label files in the order in which they are believed.
_LABELS = (
    LabelList(
        name="train_split.csv",
        pattern=r"train_split.*\.csv",
        needed=("id", "phq", "pcl"),
        part="train",
    ),
    LabelList(
        name="dev_split.csv",
        pattern=r"dev_split.*\.csv",
        needed=("id", "phq", "pcl"),
        part="validation",
    ),
    LabelList(name="test_split.csv", pattern=r"test_split.*\.csv", needed=("id",), part="test"),
    LabelList(
        name="Detailed_PHQ8_Labels.csv", pattern=r"detailed_phq-?8_labels?\.csv", needed=("id",)
    ),
    LabelList(
        name="detailed_lables.csv", pattern=r"detailed_(labels?|lables?)\.csv", needed=("id",)
    ),
    LabelList(name="metadata_mapped.csv", pattern=r"metadata_mapped\.csv", needed=("id",)),
)
#: First participant of the sessions that a machine led.
_FIRST_AI = 600


@dataclass(frozen=True, kw_only=True)
class EDaic(DaicSettings):
    """Reads ``labels``, ``metadata_mapped.csv`` and the folders ``data/300_P`` ... ``718_P``.

    OpenFace becomes the table ``openface``, openSMILE ``egemaps_lld`` and ``mfcc``. Bags of
    words and outputs of deep networks are not read. The transcripts tell no speakers apart: an
    interviewer's words count as the participant's.
    """

    name: str = "e_daic"

    def read(self, root: Path) -> CorpusReading:
        """List the folder; media and features are not read yet.

        Raises:
            SetupError: No split file is there, or one lacks a needed column.
        """
        rows, findings = read_lists(root, _LABELS, corpus="E-DAIC", sex_codes=self.sex_codes)
        layout = Layout(
            corpus=self.name,
            prefix="edaic",
            conditions=(Condition.DEPRESSION, Condition.PTSD),
            files=_FILES,
            session_kind=_session_kind,
            has_speakers=False,
        )
        return assembled(
            root,
            rows,
            [*findings, *_pcl_items(rows)],
            settings=self,
            layout=layout,
            remarks=self.remarks,
            read_tables=self._tables,
            read_transcript=_transcript,
        )

    def _tables(self, files: Mapping[str, Path]) -> tuple[FeatureTable, ...]:
        tables = []
        if "openface" in files:
            tables.append(read_openface(files["openface"], confidence_from=self.confidence_from))
        if "egemaps" in files:
            tables.append(read_opensmile(files["egemaps"]))
        if "mfcc" in files:
            tables.append(read_opensmile(files["mfcc"], name="mfcc"))
        return tuple(tables)


def _transcript(_number: int, path: Path) -> Transcript:
    return read_recognised_transcript(path).transcript


def _session_kind(number: int) -> str:
    """Sessions from 600 on were led by a machine, those before by a human behind it."""
    return "ai" if number >= _FIRST_AI else "wizard"


def _pcl_items(rows: Sequence[LabelRow]) -> list[Finding]:
    """Say which PCL-C items no file ever has: their columns may bear names nobody knows."""
    found = {field for row in rows for field in row.values if field.startswith("pcl_item_")}
    absent = [str(i) for i in range(1, N_PCL_ITEMS + 1) if f"pcl_item_{i}" not in found]
    if not found or not absent:
        return []
    text = f"no answer of anybody to PCL-C item {', '.join(absent)}: not observed"
    return [finding(FindingKind.MISSING, "PCL-C", text)]
