"""Feature tables and cases on disk and back, bit by bit. One Parquet file a table."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from clinic.errors import DataError, SetupError
from clinic.io.atomic import sha256_of, write_parquet, write_text
from clinic.io.references import read_references
from clinic.records import Case, FeatureSpec, FeatureTable, Modality, Role, Segment, Stamp

__all__ = ["read_case", "read_references", "read_store", "read_table", "write_case", "write_table"]

#: Raised by one whenever a reader of the older layout would misread the newer one.
LAYOUT_VERSION = 1
CASE_FILE = "case.json"

_META = b"clinic"
_TIME_COLUMNS = ("row.start_s", "row.end_s", "row.coverage")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def write_table(path: Path, table: FeatureTable) -> None:
    """Write one table as Parquet; specs, stamp and notes stand in the schema's metadata.

    Raises:
        SetupError: The file cannot be written.
    """
    import pyarrow as pa

    times = (table.start_s, table.end_s, table.coverage)
    arrays = [pa.array(np.asarray(column, dtype=np.float64)) for column in times]
    # from_pandas=False keeps NaN a value: a null would lose which NaN it was.
    arrays += [
        pa.array(np.ascontiguousarray(table.values[:, index]), from_pandas=False)
        for index in range(len(table.specs))
    ]
    meta = {
        "layout": LAYOUT_VERSION,
        "name": table.name,
        "modality": table.modality.value,
        "row_kind": table.row_kind,
        "specs": [_plain_spec(spec) for spec in table.specs],
        "stamp": _plain_stamp(table.stamp),
        "notes": list(table.notes),
    }
    schema = pa.schema(
        [(name, pa.float64()) for name in (*_TIME_COLUMNS, *table.columns)],
        metadata={_META: json.dumps(meta, sort_keys=True)},
    )
    write_parquet(path, pa.Table.from_arrays(arrays, schema=schema))


def read_table(path: Path) -> FeatureTable:
    """Read what ``write_table`` wrote.

    Raises:
        DataError: Missing, damaged, of another layout, or refused by the record.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        arrow = pq.read_table(path, partitioning=None)
        meta = json.loads((arrow.schema.metadata or {})[_META])
        if meta["layout"] != LAYOUT_VERSION:
            raise DataError(
                f"feature table {path.stem} has layout {meta['layout']}, {LAYOUT_VERSION} needed"
            )
        columns = [arrow.column(i).to_numpy() for i in range(arrow.num_columns)]
        specs = tuple(_spec(plain) for plain in meta["specs"])
        names = (*_TIME_COLUMNS, *(spec.name for spec in specs))
        if tuple(arrow.column_names) != names:
            raise DataError(f"feature table {path.stem}: columns differ from their description")
        values = np.empty((arrow.num_rows, len(specs)))
        for index, column in enumerate(columns[3:]):
            values[:, index] = column
        return FeatureTable(
            name=meta["name"],
            modality=Modality(meta["modality"]),
            row_kind=meta["row_kind"],
            specs=specs,
            start_s=columns[0],
            end_s=columns[1],
            values=values,
            coverage=columns[2],
            stamp=Stamp(**meta["stamp"]),
            notes=tuple(meta["notes"]),
        )
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"feature table {path.stem} cannot be read: damaged or missing") from error


def write_case(folder: Path, case: Case) -> None:
    """Write one case: a Parquet file per table, then ``case.json`` as the commit record.

    A case already there is replaced; until the new ``case.json`` stands there is none.

    Raises:
        SetupError: A file cannot be written.
        ValueError: A table's name cannot name a file.
    """
    for table in case.tables:
        if not _SAFE_NAME.fullmatch(table.name):
            raise ValueError(f"table name {table.name!r} cannot name a file")
    try:
        (folder / CASE_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(f"{CASE_FILE} cannot be replaced: {error.strerror} (out)") from error
    hashes = {}
    for table in case.tables:
        path = folder / f"{table.name}.parquet"
        write_table(path, table)
        hashes[table.name] = sha256_of(path)
    plain = {
        "layout": LAYOUT_VERSION,
        "recording_id": case.recording_id,
        "participant_id": case.participant_id,
        "segments": [_plain_segment(segment) for segment in case.segments],
        "tables": [{"name": t.name, "sha256": hashes[t.name]} for t in case.tables],
    }
    write_text(folder / CASE_FILE, json.dumps(plain, indent=1, sort_keys=True) + "\n")


def read_case(folder: Path) -> Case:
    """Read what ``write_case`` wrote; every table must be the one that was written.

    Raises:
        DataError: Missing, damaged, changed since, or of another layout.
    """
    try:
        plain = json.loads((folder / CASE_FILE).read_text(encoding="utf-8"))
        if plain["layout"] != LAYOUT_VERSION:
            raise DataError(f"case has layout {plain['layout']}, {LAYOUT_VERSION} needed")
        segments = tuple(
            Segment(**{**segment, "speaker": Role(segment["speaker"])})
            for segment in plain["segments"]
        )
        tables = []
        for stored in plain["tables"]:
            if not _SAFE_NAME.fullmatch(stored["name"]):
                raise DataError("case names a table that cannot be a file")
            path = folder / f"{stored['name']}.parquet"
            if sha256_of(path) != stored["sha256"]:
                raise DataError(f"feature table {path.stem} was changed after it was written")
            tables.append(read_table(path))
        return Case(
            recording_id=plain["recording_id"],
            participant_id=plain["participant_id"],
            segments=segments,
            tables=tuple(tables),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError("stored case cannot be read: damaged or missing") from error


def read_store(folder: Path) -> Iterator[Case]:
    """Yield every case below a folder, in the order of their paths.

    Raises:
        DataError: A case is damaged.
    """
    for path in sorted(folder.rglob(CASE_FILE)):
        yield read_case(path.parent)


def _plain_spec(spec: FeatureSpec) -> dict[str, object]:
    plain: dict[str, object] = dict(vars(spec))
    for bound in ("minimum", "maximum"):
        value = float(plain[bound])  # type: ignore[arg-type]
        plain[bound] = value if math.isfinite(value) else str(value)
    return plain


def _spec(plain: Mapping[str, Any]) -> FeatureSpec:
    bounds = {name: float(plain[name]) for name in ("minimum", "maximum")}
    return FeatureSpec(**{**plain, **bounds})


def _plain_stamp(stamp: Stamp) -> dict[str, object]:
    return {**vars(stamp), "settings": dict(stamp.settings)}


def _plain_segment(segment: Segment) -> dict[str, object]:
    return {**vars(segment), "speaker": segment.speaker.value}
