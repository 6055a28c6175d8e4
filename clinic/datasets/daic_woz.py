"""DAIC-WOZ: 189 interviews led by a human behind a virtual interviewer (AVEC 2016, 2017)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic.datasets.corpus import CorpusReading, FindingKind
from clinic.datasets.daic import DaicSettings, Layout, assembled
from clinic.datasets.daic_folders import Shipped
from clinic.datasets.daic_labels import LabelList, read_lists
from clinic.datasets.daic_transcripts import read_woz_transcript
from clinic.datasets.shipped.covarep import read_covarep, read_formants
from clinic.datasets.shipped.openface import read_openface
from clinic.records import Condition, FeatureTable, Transcript

_FILES = (
    Shipped(key="audio", name="AUDIO.wav", pattern=r"audio\.wav"),
    Shipped(key="transcript", name="TRANSCRIPT.csv", pattern=r"transcripts?\.(csv|tsv|txt)"),
    Shipped(key="aus", name="CLNF_AUs.txt", pattern=r"clnf_aus?\.(txt|csv)"),
    Shipped(key="gaze", name="CLNF_gaze.txt", pattern=r"clnf_gaze\.(txt|csv)"),
    Shipped(key="pose", name="CLNF_pose.txt", pattern=r"clnf_pose\.(txt|csv)"),
    Shipped(key="covarep", name="COVAREP.csv", pattern=r"covarep\.(csv|txt)"),
    Shipped(key="formants", name="FORMANT.csv", pattern=r"formants?\.(csv|txt)"),
)

#: Label files in the order in which they are believed.
_LABELS = (
    LabelList(
        name="train_split_Depression_AVEC2017.csv",
        pattern=r"train_split.*\.csv",
        needed=("id", "phq"),
        part="train",
    ),
    LabelList(
        name="dev_split_Depression_AVEC2017.csv",
        pattern=r"dev_split.*\.csv",
        needed=("id", "phq"),
        part="validation",
    ),
    LabelList(
        name="test_split_Depression_AVEC2017.csv",
        pattern=r"test_split.*\.csv",
        needed=("id",),
        part="test",
    ),
    LabelList(
        name="full_test_split.csv",
        pattern=r"full_test_split.*\.csv",
        needed=("id", "phq"),
        part="test",
    ),
)


@dataclass(frozen=True, kw_only=True)
class DaicWoz(DaicSettings):
    """Reads the folders ``300_P`` ... ``492_P`` and the split files beside them.

    CLNF action units, gaze and pose become the tables ``openface_aus``, ``openface_gaze`` and
    ``openface_pose``; COVAREP and its formants ``covarep`` and ``formants``. HOG files and
    landmarks are not read.

    Args:
        without_interviewer: Sessions whose transcript lacks the interviewer's lines.
        transcript_shift_s: Session -> seconds by which its transcript lies before the sound;
            None leaves every transcript where it is.
        covarep_rate_hz: Rows a second of COVAREP and formants.
    """

    without_interviewer: Sequence[int]
    covarep_rate_hz: float
    transcript_shift_s: Mapping[int, float] | None = None
    name: str = "daic_woz"

    def read(self, root: Path) -> CorpusReading:
        """List the folder; media and features are not read yet.

        Raises:
            SetupError: No split file is there, or one lacks a needed column.
        """
        rows, findings = read_lists(root, _LABELS, corpus="DAIC-WOZ", sex_codes=self.sex_codes)
        layout = Layout(
            corpus=self.name,
            prefix="daicwoz",
            conditions=(Condition.DEPRESSION,),
            files=_FILES,
            documented=range(300, 493),
            session_kind=_wizard,
            has_speakers=True,
        )
        return assembled(
            root,
            rows,
            findings,
            settings=self,
            layout=layout,
            remarks=self._remarks,
            read_tables=self._tables,
            read_transcript=self._transcript,
        )

    def _remarks(self, number: int) -> list[tuple[FindingKind, str]]:
        found = self.remarks(number)
        if number in self.without_interviewer:
            text = (
                "the transcript lacks the interviewer's lines: what needs them is not observed "
                "(without_interviewer)"
            )
            found.append((FindingKind.REPAIRED, text))
        shift_s = (self.transcript_shift_s or {}).get(number, 0.0)
        if shift_s:
            text = (
                f"the transcript lies {shift_s:.1f} s before the sound: "
                "moved by that much (transcript_shift_s)"
            )
            found.append((FindingKind.REPAIRED, text))
        return found

    def _transcript(self, number: int, path: Path) -> Transcript:
        shift_s = (self.transcript_shift_s or {}).get(number, 0.0)
        return read_woz_transcript(path, shift_s=shift_s).transcript

    def _tables(self, files: Mapping[str, Path]) -> tuple[FeatureTable, ...]:
        tables = [
            read_openface(files[key], confidence_from=self.confidence_from, name=f"openface_{key}")
            for key in ("aus", "gaze", "pose")
            if key in files
        ]
        if "covarep" in files:
            tables.append(read_covarep(files["covarep"], rate_hz=self.covarep_rate_hz))
        if "formants" in files:
            tables.append(read_formants(files["formants"], rate_hz=self.covarep_rate_hz))
        return tuple(tables)


def _wizard(_number: int) -> str:
    """Every session was led by a human who steered the virtual interviewer."""
    return "wizard"
