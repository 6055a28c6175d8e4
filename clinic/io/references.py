"""Reference scores and rated moments: the label tables of a cohort."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from clinic.errors import DataError, SetupError
from clinic.io.label_columns import LabelColumns, number
from clinic.io.transcripts.decoding import decode
from clinic.records import Condition, MomentLabel, Reference, Scale

_IDS = ("recording_id", "participant_id")
_MOMENT_COLUMNS = ("recording_id", "start_s", "end_s", "ambivalence")


def read_references(
    labels: Path, moments: Path | None = None, *, scales: Sequence[Scale] = ()
) -> list[Reference]:
    """Read what questionnaires and observers said, one Reference a recording, in file order.

    Args:
        labels: CSV with ``recording_id``, ``participant_id``, a column for each condition
            that was asked (``depression``, ``ptsd``, ``ambivalence``; blank = no reference),
            answers to items (``depression_item_1`` ...; blank = not answered), votes of raters
            (``ambivalence_votes_0`` ..., one column a band) and any other columns, which become
            attributes. Where all items are answered and the score is blank, it is their sum.
        moments: CSV ``recording_id,start_s,end_s,ambivalence`` (1 shown, 0 not), or None.
        scales: Needed where there are items or votes: how many items and bands, which answers.

    Raises:
        SetupError: Unreadable, a column missing, an id twice, a score that is no number, an
            answer or vote that cannot be, a score that is not the sum of its items, or a moment
            of a recording that has no label.
    """
    rated = _moments(moments) if moments is not None else {}
    references: list[Reference] = []
    seen: set[str] = set()
    columns: LabelColumns | None = None
    for place, row in _rows(labels, _IDS):
        if columns is None:
            columns = LabelColumns.of(row, scales)
            _refuse_misspelt([name for name in row if name not in columns.names])
        recording_id, participant_id = (row[name].strip() for name in _IDS)
        if not recording_id or not participant_id:
            raise SetupError(f"labels {place}: recording_id and participant_id are needed")
        if recording_id in seen:
            raise SetupError(f"labels {place}: the recording already has a line")
        seen.add(recording_id)
        scores = {
            condition: number(row[condition.value], f"labels {place}", condition.value)
            for condition in Condition
            if row.get(condition.value, "").strip()
        }
        items = columns.read_items(row, place)
        for condition, answers in items.items():
            total = columns.settled_total(condition, answers, scores.get(condition), place)
            if total is not None:
                scores[condition] = total
        known = {*_IDS, *Condition, *columns.names}
        references.append(
            Reference(
                recording_id=recording_id,
                participant_id=participant_id,
                scores=scores,
                moments=tuple(rated.pop(recording_id, ())),
                items=items,
                votes=columns.read_votes(row, place),
                attributes={n: v.strip() for n, v in row.items() if n not in known and v.strip()},
            )
        )
    if rated:
        raise SetupError(f"moments of {len(rated)} recordings that stand in no line of the labels")
    return references


def _refuse_misspelt(names: Sequence[str]) -> None:
    """Refuse a column that is nearly a condition: as an attribute it would be lost in silence."""
    for name in names:
        near = get_close_matches(name.lower(), [c.value for c in Condition], n=1, cutoff=0.8)
        if near and name != near[0]:
            raise SetupError(
                f"labels: column {name!r} is not known, {near[0]!r} is meant? (labels)"
            )


def _moments(path: Path) -> dict[str, list[MomentLabel]]:
    rated: dict[str, list[MomentLabel]] = {}
    for place, row in _rows(path, _MOMENT_COLUMNS):
        where = f"moments {place}"
        start_s = number(row["start_s"], where, "start_s")
        end_s = number(row["end_s"], where, "end_s")
        if not 0 <= start_s < end_s:
            raise SetupError(f"{where}: a stretch from {start_s:g} s to {end_s:g} s")
        shown = row["ambivalence"].strip().lower()
        if shown not in ("0", "1", "true", "false", "0.0", "1.0"):
            raise SetupError(f"{where}: ambivalence must be 1 or 0")
        label = MomentLabel(start_s=start_s, end_s=end_s, shown=shown in ("1", "true", "1.0"))
        rated.setdefault(row["recording_id"].strip(), []).append(label)
    return {key: sorted(found, key=lambda m: m.start_s) for key, found in rated.items()}


def _rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    try:
        text = decode(path.read_bytes(), encoding="utf-8").lstrip("\ufeff")
    except OSError as error:
        raise SetupError(f"{path.name} cannot be read: {error.strerror}") from error
    except DataError as error:
        raise SetupError(str(error).replace("transcript", path.name)) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader)]
        missing = [name for name in needed if name not in header]
        if missing:
            raise SetupError(f"{path.name} has no column {', '.join(missing)}")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            place = f"line {reader.line_num}"
            if len(cells) != len(header):
                raise SetupError(f"{path.name} {place}: {len(cells)} cells, {len(header)} needed")
            yield place, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise SetupError(f"{path.name} line {reader.line_num}: quotes do not match") from error
