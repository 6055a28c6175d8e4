"""Every sentence of the report, by key, in one file a language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clinic.errors import SetupError

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Sentences of one language.

    Args:
        language: BCP 47 tag, also the language of the PDF and the page.
        sentences: By dotted key.
        lists: Lists of sentences by dotted key.
    """

    language: str
    sentences: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]

    def __call__(self, key: str, **values: object) -> str:
        """Return a sentence with its gaps filled; what fills a gap is never read for gaps."""
        return self.sentences[key].format(**values)

    def each(self, key: str) -> tuple[str, ...]:
        """Return a list of sentences."""
        return self.lists[key]

    def either(self, words: tuple[str, ...]) -> str:
        """Return ``a``, ``a or b``, ``a, b or c``."""
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self('joined.or')} {words[-1]}"


@cache
def load_wording(language: str, report: str = "") -> Wording:
    """Read the sentences of one language.

    Args:
        report: Folder of the sentences; empty for the report of a recording.

    Raises:
        SetupError: There is no file for it.
    """
    import yaml

    folder = FOLDER / report
    path = folder / f"{language}.yaml"
    if path.parent != folder or not path.is_file():
        known = sorted(p.stem for p in folder.glob("*.yaml"))
        raise SetupError(f"no report wording in {language!r}, one of {known} needed (language)")
    flat = dict(_flat("", yaml.safe_load(path.read_text(encoding="utf-8"))))
    return Wording(
        language=language,
        sentences={key: value for key, value in flat.items() if isinstance(value, str)},
        lists={key: value for key, value in flat.items() if isinstance(value, tuple)},
    )


def _flat(prefix: str, node: Any) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), value)
    elif isinstance(node, list):
        yield prefix, tuple(str(item) for item in node)
    else:
        yield prefix, str(node)
