"""The index: how good each modality's affect reading is, and for whom it was never tested."""

from collections.abc import Mapping, Sequence

from clinic.validation.pages.page import headline
from clinic.validation.pages.text import UNKNOWN, cell, table, with_interval
from clinic.validation.running_record import RAN, StudyRecord

INTRODUCTION = (
    "How far the readings of words, voice and face, and the disagreement between them, agree with "
    "people. Made by `clinic validate affect` from open data and from simulated interviews; all "
    "numbers stand in [affect.json](affect.json). The figure in a row is the one that the study "
    "itself puts first, not its best.\n\n"
    "**None of this was measured on patients or in clinical interviews. It is no evidence that a "
    "sign means illness.**"
)


def index_page(records: Mapping[str, StudyRecord], modalities: Mapping[str, Sequence[str]]) -> str:
    """Return the index.

    Args:
        records: By study, in the order of the settings.
        modalities: Plain name of a modality, and the studies that speak about it.
    """
    parts = [
        "# Do the affect readings agree with people?",
        INTRODUCTION,
        "## At a glance",
        _glance(records, modalities),
        "## Studies",
        _studies(records),
        "## Never tested on",
        _untested(records),
    ]
    return "\n\n".join(parts) + "\n"


def _glance(records: Mapping[str, StudyRecord], modalities: Mapping[str, Sequence[str]]) -> str:
    rows = []
    for modality, studies in modalities.items():
        for name in studies:
            record = records.get(name)
            if record is None or record.result is None:
                rows.append((modality, UNKNOWN, UNKNOWN, f"not measured ({name})"))
                continue
            first = headline(record.result)
            what, value = (
                (UNKNOWN, UNKNOWN)
                if first is None
                else (first.what, with_interval(first.value, first.low, first.high))
            )
            rows.append((modality, what, value, record.result.verdict))
    return table(("reading", "what", "value [95 %]", "verdict"), rows)


def _studies(records: Mapping[str, StudyRecord]) -> str:
    lines = ["| study | latest run |", "|---|---|"]
    for name, record in records.items():
        title = cell(record.title or name)
        linked = f"[{title}]({name}.md)" if record.result is not None else title
        lines.append(f"| {linked} | {cell(_state(record))} |")
    return "\n".join(lines)


def _state(record: StudyRecord) -> str:
    if record.state == RAN:
        return f"ran with clinic {_software(record)}"
    words = f"{record.state}: {record.reason}"
    if record.result is None:
        return words
    return f"{words}; its page is from an earlier run with clinic {_software(record)}"


def _software(record: StudyRecord) -> str:
    return record.versions.get("clinic-screening", UNKNOWN)


def _untested(records: Mapping[str, StudyRecord]) -> str:
    studies: dict[str, list[str]] = {}
    for name, record in records.items():
        for line in record.result.untested if record.result is not None else ():
            studies.setdefault(line, []).append(name)
    return "\n".join(f"- {cell(line)} ({', '.join(names)})" for line, names in studies.items())
