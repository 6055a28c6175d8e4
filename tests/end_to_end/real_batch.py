"""A manifest written row by row, and what ``clinic extract`` stored for it, read back."""

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from clinic.io.store import read_case, read_table
from clinic.records import Case, FeatureTable, ScreeningResult
from clinic.records.serialise import from_json

COLUMNS = (
    "recording_id",
    "participant_id",
    "media_path",
    "transcript_path",
    "language",
    "channel_roles",
)


@dataclass(frozen=True)
class Extracted:
    """Stored results of one batch."""

    out: Path
    output: str
    exit_code: int

    def case(self, recording_id: str) -> Case:
        """Segments and all segment tables."""
        return read_case(self.out / recording_id / "features")

    def table(self, recording_id: str, name: str) -> FeatureTable:
        """One segment table."""
        return next(t for t in self.case(recording_id).tables if t.name == name)

    def frames(self, recording_id: str, name: str) -> FeatureTable:
        """One frame table (``keep_frames=true``)."""
        return read_table(self.out / recording_id / "features" / f"{name}.frames.parquet")

    def result(self, recording_id: str) -> ScreeningResult:
        """Everything a reader may see."""
        return from_json((self.out / recording_id / "result.json").read_text(encoding="utf-8"))

    def notes(self, recording_id: str) -> str:
        """All notes, one a line."""
        return "\n".join(self.result(recording_id).notes)

    def absent(self, recording_id: str) -> dict[str, str]:
        """Reason by absent modality."""
        return {str(a.modality): a.reason for a in self.result(recording_id).absences}

    def summary(self, name: str = "results.csv") -> pd.DataFrame:
        """A table over the batch, by recording."""
        return pd.read_csv(self.out / name).set_index("recording_id")


@dataclass
class Batch:
    """Recordings in one folder; media from elsewhere are copied, since links are refused."""

    folder: Path
    rows: list[dict[str, str]] = field(default_factory=list)

    def add(
        self,
        recording_id: str,
        media: Path,
        *,
        transcript: str | None = None,
        suffix: str = ".csv",
        participant: str | None = None,
        roles: str = "",
    ) -> None:
        """Add a row; ``transcript`` is the content of a file that is written here."""
        if media.parent != self.folder:
            media = Path(shutil.copy(media, self.folder / f"{recording_id}{media.suffix}"))
        row = dict.fromkeys(COLUMNS, "")
        row |= {
            "recording_id": recording_id,
            "participant_id": participant or f"p-{recording_id}",
            "media_path": media.name,
            "language": "en",
            "channel_roles": roles,
        }
        if transcript is not None:
            row["transcript_path"] = f"{recording_id}-words{suffix}"
            (self.folder / row["transcript_path"]).write_text(transcript, encoding="utf-8")
        self.rows.append(row)

    def extract(self, command: Callable[..., Any], *overrides: str) -> Extracted:
        """Run ``clinic extract`` on all rows in this process."""
        with (self.folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)
        out = self.folder / "out"
        done = command("extract", self.folder, "--out", out, "--workers", 0, *overrides)
        return Extracted(out=out, output=done.output, exit_code=done.exit_code)
