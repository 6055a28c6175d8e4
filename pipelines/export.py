"""Write FHIR bundles from stored results: one per recording, and bulk files if asked for."""

from contextlib import nullcontext
from pathlib import Path

import click
from omegaconf import DictConfig

from clinic.config import build
from clinic.errors import DataError, SetupError
from clinic.fhir import BulkFolder, BundleWriter
from clinic.records.serialise import from_json

RESULT_FILE = "result.json"
PDF_FILE = "report.pdf"


def run(config: DictConfig) -> int:
    """Export every result and return the exit code: 0, or 1 where some could not be exported.

    Raises:
        SetupError: No results there, or settings that cannot export anything.
    """
    if not config.get("fhir"):
        raise SetupError("fhir=none exports nothing: choose research, ehr or ehr_minimal")
    writer: BundleWriter = build(config.fhir)
    results = Path(config.results)
    found = sorted(p.parent for p in results.glob(f"[!.]*/{RESULT_FILE}"))
    if (results / RESULT_FILE).is_file():
        found.insert(0, results)
    if not found:
        raise SetupError(f"no */{RESULT_FILE} in the results folder (results)")
    n_failed = 0
    with BulkFolder(Path(config.bulk)) if config.bulk else nullcontext() as bulk:
        for source in found:
            target = Path(config.out) / source.name if config.out else source
            try:
                bundle = _export(writer, source, target)
                if bulk is not None:
                    bulk.add(bundle)
            except DataError as error:
                n_failed += 1
                click.echo(f"{source.name}: {error}", err=True)
    click.echo(f"{len(found) - n_failed} bundles written, {n_failed} recordings failed")
    return 1 if n_failed else 0


def _export(writer: BundleWriter, source: Path, target: Path) -> dict[str, object]:
    try:
        result = from_json((source / RESULT_FILE).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{RESULT_FILE} is no UTF-8: it was edited") from error
    pdf_path = source / PDF_FILE
    if writer.pdf != "none" and not pdf_path.is_file():
        raise DataError(f"no {PDF_FILE} beside {RESULT_FILE}, needed by fhir.pdf={writer.pdf}")
    pdf = pdf_path.read_bytes() if writer.pdf != "none" else None
    target.mkdir(parents=True, exist_ok=True)
    return writer.export(result, pdf, target)
