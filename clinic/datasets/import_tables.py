"""The text tables of an import: labels, moments, findings, transcripts, official split."""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence

from clinic.datasets.corpus import CorpusReading, Finding, FindingKind
from clinic.datasets.label_files import finding
from clinic.io.atomic import csv_cell
from clinic.records import Condition, Reference, Role, Scale, Transcript

MANIFEST_COLUMNS = ("recording_id", "participant_id", "media_path", "transcript_path", "language")
#: A participant in two official parts stays in the first of these, so that test stays clean.
_ORDER = ("train", "validation", "test")


def table_text(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV in which no cell runs as a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def label_table(
    references: Sequence[Reference], scales: Sequence[Scale]
) -> tuple[str, list[Finding]]:
    """Return ``labels.csv`` and what was left out of it.

    Items that contradict their total are left out, the total stays: whoever reads the table
    could not tell which of the two is wrong.
    """
    findings: list[Finding] = []
    items = {
        reference.recording_id: _usable_items(reference, scales, findings)
        for reference in references
    }
    conditions = [c for c in Condition if any(c in r.scores for r in references)]
    widths = {
        c: max((len(found[c]) for found in items.values() if c in found), default=0)
        for c in Condition
    }
    bands = {
        c: max((len(r.votes[c]) for r in references if c in r.votes), default=0) for c in Condition
    }
    attributes = sorted({name for r in references for name in r.attributes})
    header = [
        *("recording_id", "participant_id", *conditions),
        *(f"{c}_item_{n + 1}" for c in Condition for n in range(widths[c])),
        *(f"{c}_votes_{n}" for c in Condition for n in range(bands[c])),
        *attributes,
    ]
    rows: list[Sequence[object]] = [header]
    for r in references:
        answers = items[r.recording_id]
        rows.append(
            [
                *(r.recording_id, r.participant_id),
                *(_cell(r.scores.get(c)) for c in conditions),
                *(_cell(v) for c in Condition for v in _padded(answers.get(c, ()), widths[c])),
                *(_cell(v) for c in Condition for v in _padded(r.votes.get(c, ()), bands[c])),
                *(r.attributes.get(name, "") for name in attributes),
            ]
        )
    return table_text(rows), findings


def moment_rows(references: Sequence[Reference]) -> list[Sequence[object]]:
    """Return ``moments.csv``, header first."""
    rows: list[Sequence[object]] = [("recording_id", "start_s", "end_s", "ambivalence")]
    for reference in references:
        rows += [
            (reference.recording_id, float(m.start_s), float(m.end_s), int(m.shown))
            for m in reference.moments
        ]
    return rows


def finding_rows(findings: Sequence[Finding]) -> list[Sequence[object]]:
    """Return ``findings.csv``, header first."""
    rows: list[Sequence[object]] = [("kind", "subject", "text")]
    rows += [(found.kind.value, found.subject, found.text) for found in findings]
    return rows


def own_transcript(transcript: Transcript) -> str:
    """Return our own CSV; a turn of an unknown speaker has an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("start_s", "end_s", "speaker", "text"))
    for turn in transcript.utterances:
        speaker = "" if turn.speaker is Role.UNKNOWN else turn.speaker.value
        # Not csv_cell: an apostrophe before "- no" would be a word of the participant.
        writer.writerow((repr(float(turn.start_s)), repr(float(turn.end_s)), speaker, turn.text))
    return text.getvalue()


def official_split(reading: CorpusReading) -> tuple[str | None, list[Finding]]:
    """Return ``split.json`` of the official parts, None where the corpus has none.

    A participant in two parts is kept in the first of train, validation and test alone.
    """
    found: dict[str, set[str]] = {}
    for item in reading.items:
        if item.part is not None:
            found.setdefault(item.participant_id, set()).add(item.part)
    if not found:
        return None, []
    roles: dict[str, list[str]] = {part: [] for part in _ORDER}
    findings = []
    for person, parts in sorted(found.items()):
        known = [part for part in _ORDER if part in parts]
        if not known:
            text = (
                f"part {', '.join(sorted(parts))} is none of {', '.join(_ORDER)}: not in the split"
            )
            findings.append(finding(FindingKind.EXCLUDED, person, text))
            continue
        roles[known[0]].append(person)
        if len(known) > 1:
            text = f"in {' and '.join(known)}: the split keeps this person in {known[0]} alone"
            findings.append(finding(FindingKind.REPAIRED, person, text))
    fold = {
        "training": roles["train"],
        "validation": roles["validation"],
        "calibration": [],
        "test": roles["test"],
    }
    plain = {"name": f"{reading.corpus} official", "folds": [fold]}
    return json.dumps(plain, indent=1) + "\n", findings


def _usable_items(
    reference: Reference, scales: Sequence[Scale], findings: list[Finding]
) -> dict[Condition, tuple[float, ...]]:
    by_condition = {scale.condition: scale for scale in scales}
    usable = {}
    for condition, answers in reference.items.items():
        total, scale = reference.scores.get(condition), by_condition.get(condition)
        if total is None or _can_sum_to(total, answers, scale):
            usable[condition] = tuple(answers)
        else:
            text = f"items of {condition} cannot sum to {total:g}: left out, the total is used"
            findings.append(finding(FindingKind.CONTRADICTION, reference.recording_id, text))
    return usable


def _can_sum_to(total: float, answers: Sequence[float], scale: Scale | None) -> bool:
    known = [answer for answer in answers if not math.isnan(answer)]
    n_blank = len(answers) - len(known)
    low, high = (scale.item_minimum, scale.item_maximum) if scale else (0.0, math.inf)
    least = sum(known) + n_blank * low
    greatest = sum(known) + n_blank * high if n_blank else sum(known)
    return least <= total <= greatest


def _padded(values: Sequence[float], width: int) -> list[float | None]:
    return [*values, *[None] * (width - len(values))]


def _cell(value: float | None) -> str:
    if value is None or math.isnan(value):
        return ""
    return str(int(value)) if value == int(value) else repr(float(value))
