"""The first sheet of an Excel workbook as rows of cells."""

from pathlib import Path
from zipfile import BadZipFile

from clinic.errors import DataError, SetupError

#: More rows than any label table holds; a sheet may claim a million empty ones.
_MAX_ROWS = 100_000


def read_sheet(path: Path) -> list[list[object]]:
    """Return every row of the first sheet that is not empty; formulas give their last value.

    Raises:
        SetupError: openpyxl is not installed.
        DataError: Missing, or no workbook.
    """
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise SetupError("openpyxl is not installed: pip install openpyxl") from error
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, BadZipFile, KeyError, ValueError, InvalidFileException) as error:
        raise DataError(f"{path.name} is missing or no .xlsx workbook") from error
    try:
        sheet = book.worksheets[0]
        rows = [list(cells) for cells in sheet.iter_rows(max_row=_MAX_ROWS, values_only=True)]
    finally:
        book.close()
    return [row for row in rows if any(cell is not None and str(cell).strip() for cell in row)]
