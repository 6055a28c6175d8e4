"""What a finished recording leaves behind, written by the components that were chosen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from omegaconf import DictConfig

from clinic.batch.plan import RECEIPT
from clinic.config import build
from clinic.io.store import write_case, write_table
from clinic.records.serialise import to_json
from clinic.screening.clock import StageClock
from clinic.screening.screener import Screened

FEATURES_FOLDER = "features"
RESULT_FILE = "result.json"


class ReportWriter(Protocol):
    """Writes the reports of one result (``reports``)."""

    def write(self, result: Any, folder: Path) -> Mapping[str, Path]: ...


class BundleWriter(Protocol):
    """Writes the FHIR bundle of one result (``clinic.fhir``)."""

    def write(self, result: Any, pdf: bytes | None, folder: Path) -> Path: ...


@dataclass(frozen=True, kw_only=True)
class Writers:
    """Chosen outputs; None where one is switched off (``report=none``, ``fhir=none``)."""

    report: ReportWriter | None
    bundle: BundleWriter | None
    keep_frames: bool

    @classmethod
    def from_config(cls, config: DictConfig) -> "Writers":
        """Build the writers that the configuration names."""
        return cls(
            report=build(config.report) if config.get("report") else None,
            bundle=build(config.fhir) if config.get("fhir") else None,
            keep_frames=bool(config.keep_frames),
        )


def write_outputs(
    screened: Screened, folder: Path, writers: Writers, clock: StageClock, *, key: str
) -> None:
    """Write features, result, reports and bundle into a folder, and the receipt last."""
    result = screened.result
    with clock.stage("write features"):
        features = folder / FEATURES_FOLDER
        write_case(features, screened.case)
        if writers.keep_frames:
            for extraction in screened.extractions:
                if extraction.frames is not None:
                    write_table(
                        features / f"{extraction.frames.name}.frames.parquet", extraction.frames
                    )
    (folder / RESULT_FILE).write_text(to_json(result), encoding="utf-8")
    pdf: bytes | None = None
    if writers.report is not None:
        with clock.stage("report"):
            paths = writers.report.write(result, folder)
        if "pdf" in paths:
            pdf = paths["pdf"].read_bytes()
    if writers.bundle is not None:
        with clock.stage("fhir"):
            writers.bundle.write(result, pdf, folder)
    files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    receipt = {
        "key": key,
        "files": files,
        "cpu_s": {stage: round(seconds, 3) for stage, seconds in clock.cpu_s.items()},
    }
    (folder / RECEIPT).write_text(json.dumps(receipt, indent=1), encoding="utf-8")
