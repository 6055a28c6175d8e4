"""Render reports again from stored results: another layout, language or set of formats."""

from pathlib import Path

import click
from omegaconf import DictConfig

from clinic.config import build
from clinic.errors import DataError, SetupError
from clinic.records.serialise import from_json
from reports.render import ReportWriter

RESULT_FILE = "result.json"


def run(config: DictConfig) -> int:
    """Render every result and return the exit code: 0, or 1 where some could not be read.

    Raises:
        SetupError: No results there, or settings that cannot render anything.
    """
    if not config.get("report"):
        raise SetupError("report=none renders nothing: choose default")
    writer: ReportWriter = build(config.report)
    found = stored_results(Path(config.results))
    n_failed = 0
    for path in found:
        folder = Path(config.out) / path.parent.name if config.out else path.parent
        try:
            result = from_json(path.read_text(encoding="utf-8"))
            folder.mkdir(parents=True, exist_ok=True)
            writer.write(result, folder)
        except (DataError, UnicodeDecodeError) as error:
            n_failed += 1
            click.echo(f"{path.parent.name}: {error}", err=True)
    click.echo(f"{len(found) - n_failed} reports written, {n_failed} results failed")
    return 1 if n_failed else 0


def stored_results(path: Path) -> list[Path]:
    """Return one result file, that of one recording's folder, or those of a whole output folder.

    Raises:
        SetupError: None is there.
    """
    if path.is_file():
        return [path]
    found = sorted(path.glob(f"[!.]*/{RESULT_FILE}"))
    if (path / RESULT_FILE).is_file():
        found.insert(0, path / RESULT_FILE)
    if not found:
        raise SetupError(f"no {RESULT_FILE} and no */{RESULT_FILE} there (results)")
    return found
