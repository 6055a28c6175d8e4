"""12 Settings and provenance: what would make the numbers again."""

from collections.abc import Iterator, Mapping
from typing import Any

from reports.blocks import Block, Fact, Facts, Paragraph, Section, Table
from reports.evaluation.numbers import DASH
from reports.evaluation.view import View

#: Longer values are cut; evaluation.json holds them whole.
LONGEST = 600


def settings_section(view: View) -> Section:
    """Return the split's hash, the files beside, and every setting that decides a number."""
    words, result = view.words, view.result
    values = {
        "hash": result.split_sha256,
        "made": result.created_at,
        "files": words("settings.files_value"),
    }
    facts = tuple(Fact(label=words(f"settings.{key}"), value=v) for key, v in values.items())
    blocks: list[Block] = [Facts(items=facts)]
    rows = tuple(setting_rows(result.settings))
    if rows:
        table = Table(
            columns=words.each("settings.columns"),
            rows=rows,
            weights=(1.6, 5.0),
            description=words("settings.table"),
            small=True,
        )
        blocks += [Paragraph(text=words("settings.explain"), small=True), table]
    else:
        blocks.append(Paragraph(text=words("settings.none")))
    return Section(heading=words("settings.heading"), blocks=tuple(blocks))


def setting_rows(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield one row per setting, or per part of a group of settings."""
    for key, value in settings.items():
        if isinstance(value, Mapping) and any(isinstance(v, Mapping) for v in value.values()):
            for name, part in value.items():
                yield f"{key}.{name}", _cut(flat(part))
        else:
            yield str(key), _cut(flat(value))


def flat(value: Any) -> str:
    """Return nested settings on one line."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={_inner(part)}" for key, part in value.items()) or DASH
    return _inner(value)


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_inner(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inner(part) for part in value) + "]"
    return "none" if value is None else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"
