"""Whole files or none: write beside the target, flush, rename, flush the folder."""

import csv
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.errors import SetupError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

#: Files with this ending were never finished; a sweep at the start of a run may delete them.
PARTIAL_SUFFIX = ".partial"

_HASH_BLOCK_BYTES = 1 << 20
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n")
#: What a spreadsheet reads as a number and nothing else.
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder that becomes ``path`` when the block succeeds.

    The folder is made if need be. When the block raises, nothing is left behind and an
    earlier ``path`` keeps its content.

    Raises:
        SetupError: The folder or the file cannot be written, or the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name[:80]}.", suffix=PARTIAL_SUFFIX
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        # mkstemp makes files for the owner alone; outputs follow the umask like any other file.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SetupError(f"{path.name} cannot be written: {reason} (out)") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes as a whole; see ``atomic_path`` for errors."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as a whole, line ends unchanged; see ``atomic_path`` for errors."""
    write_bytes(path, text.encode("utf-8"))


def write_parquet(path: Path, table: "pa.Table | pd.DataFrame") -> None:
    """Write a table as Parquet as a whole; see ``atomic_path`` for errors."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table)
    with atomic_path(path) as temporary:
        pq.write_table(arrow, temporary)


def write_csv(path: Path, table: "pd.DataFrame") -> None:
    """Write a table for people as CSV as a whole: UTF-8, no cell runs as a formula.

    A missing value is an empty cell; a float keeps every digit it needs.
    """
    import pandas as pd

    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([csv_cell(column) for column in table.columns])
    for row in table.itertuples(index=False, name=None):
        writer.writerow([csv_cell(None if _is_missing(value, pd) else value) for value in row])
    write_text(path, text.getvalue())


def csv_cell(value: object) -> str:
    """Return a cell that no spreadsheet runs as a formula; numbers stay as they are.

    Source:
        OWASP, "CSV Injection": a cell that begins with ``= + - @``, tab or a line end is
        prefixed with an apostrophe.

    Example:
        >>> csv_cell("=1+1"), csv_cell(-1.5), csv_cell("-1.5"), csv_cell("- no")
        ("'=1+1", '-1.5', '-1.5', "'- no")
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(float(value))
    text = str(value)
    if text.startswith(_FORMULA_START) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, read block by block.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_HASH_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _is_missing(value: object, pandas: "object") -> bool:
    return bool(pandas.isna(value)) if not isinstance(value, list | tuple | dict) else False  # type: ignore[attr-defined]


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # other systems cannot open a folder
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
