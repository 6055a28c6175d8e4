"""Tables over a batch: one row a recording, one row an error, and the facts of the run."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from clinic.batch.outcome import Outcome
from clinic.batch.outputs import RESULT_FILE
from clinic.io.atomic import write_csv, write_parquet
from clinic.records import (
    Modality,
    QualityCheck,
    QualityState,
    ScreeningResult,
    SeverityEstimate,
    Withheld,
)
from clinic.records.serialise import from_json

ERROR_COLUMNS = ("recording_id", "stage", "kind", "message")
#: What a table without any result still has.
FIRST_COLUMNS = ("recording_id", "participant_id", "status")
#: Kind of a row that did not stop its recording; every other kind is a failure.
WARNING = "Warning"


def result_row(result: ScreeningResult) -> dict[str, object]:
    """Flatten one result; what was not estimated or not looked for is None, never zero."""
    absent = [absence.modality for absence in result.absences]
    signals = result.inconsistency
    row: dict[str, object] = {
        "recording_id": result.recording_id,
        "participant_id": result.participant_id,
        "visit_date": result.visit_date.isoformat() if result.visit_date else None,
        "status": status_of(result),
        "duration_s": result.media.duration_s,
        "n_segments": result.media.n_segments,
        "absent_modalities": " ".join(absent),
        "n_safety_notices": None if Modality.TEXT in absent else len(result.safety),
        "n_inconsistency_moments": len(signals.evidence)
        if signals and signals.segments.coverage.any()
        else None,
        "model": result.model.name if result.model else None,
        "banner": result.model.banner if result.model else "",
    }
    for estimate in result.estimates:
        row.update(_estimate_columns(estimate))
    return row


def status_of(result: ScreeningResult) -> str:
    """Return ``scored``, ``partly withheld``, ``withheld``, or ``features only``."""
    if result.model is None:
        return "features only"
    n_withheld = sum(isinstance(e, Withheld) for e in result.estimates)
    if n_withheld == 0:
        return "scored"
    return "withheld" if n_withheld == len(result.estimates) else "partly withheld"


def _estimate_columns(estimate: SeverityEstimate | Withheld) -> dict[str, object]:
    name = estimate.condition.value
    if isinstance(estimate, Withheld):
        return {f"{name}_withheld": estimate.reason}
    names = estimate.scale.band_names
    columns: dict[str, object] = {
        f"{name}_most_probable_band": names[estimate.most_probable_band],
        f"{name}_plausible_bands": " | ".join(names[b] for b in estimate.plausible_bands),
        f"{name}_cutoff_probability": estimate.cutoff_probability,
    }
    if estimate.score is not None and estimate.interval is not None:
        columns[f"{name}_score"] = estimate.score
        columns[f"{name}_low"], columns[f"{name}_high"] = estimate.interval
    return columns


def write_results(out: Path, recording_ids: Iterable[str]) -> list[list[str]]:
    """Write ``results.parquet`` and ``results.csv`` from the recordings' own result files.

    Returns:
        The warnings of all results (``warnings_of``).
    """
    rows: list[dict[str, object]] = []
    warnings: list[list[str]] = []
    for recording_id in sorted(recording_ids):
        text = (out / recording_id / RESULT_FILE).read_text(encoding="utf-8")
        result = from_json(text)
        rows.append(result_row(result))
        warnings += warnings_of(result)
    table = pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(FIRST_COLUMNS))
    write_parquet(out / "results.parquet", table)
    write_csv(out / "results.csv", table)
    return warnings


def warnings_of(result: ScreeningResult) -> list[list[str]]:
    """Rows of ``errors.csv`` for a recording that was done although its input is poor.

    A modality whose medium is there but showed nothing, and every check that ended as poor. A
    medium that was never there is no fault: it stands under ``absent_modalities``.
    """
    media = result.media
    there = {
        Modality.VOICE: media.has_audio,
        Modality.FACE: media.has_video,
        Modality.TEXT: media.transcript_format is not None,
    }
    said = [
        ("features", f"{absence.modality} not observed: {absence.reason}")
        for absence in result.absences
        if there.get(absence.modality, True)
    ]
    said += [
        (
            "quality",
            f"{check.name}: {_measured(check)}, {check.threshold} is good ({check.setting})",
        )
        for check in result.quality
        if check.state is QualityState.POOR
    ]
    return [[result.recording_id, stage, WARNING, words] for stage, words in said]


def _measured(check: QualityCheck) -> str:
    return "not measured" if check.value is None else f"{check.value:.3g} {check.unit}"


def write_errors(
    out: Path, failures: Sequence[Outcome], warnings: Sequence[Sequence[str]] = ()
) -> None:
    """Write ``errors.csv``, sorted by recording; the header stands even when all went well."""
    rows = [[f.recording_id, f.stage, f.kind, f.message] for f in failures]
    rows += [list(row) for row in warnings]
    rows.sort(key=lambda row: row[0])
    write_csv(out / "errors.csv", pd.DataFrame(rows, columns=list(ERROR_COLUMNS)))


def total_cpu(outcomes: Sequence[Outcome]) -> Mapping[str, float]:
    """Add up CPU seconds per stage."""
    sums: dict[str, float] = {}
    for outcome in outcomes:
        for stage, seconds in outcome.cpu_s.items():
            sums[stage] = sums.get(stage, 0.0) + seconds
    return {stage: round(seconds, 3) for stage, seconds in sums.items()}
