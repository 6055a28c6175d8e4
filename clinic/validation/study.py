"""One validation study: what it needs, what it found, in numbers with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One measured number.

    Args:
        what: A few plain words, such as "valence, readers, test CCC".
        value: NaN where it could not be computed.
        low, high: 95 % interval; NaN where none can be given, and ``note`` says why.
        n: How many of ``of`` it rests on.
        of: The unit that was drawn again for the interval ("sentences", "speakers", "clips").
        reference: A published or theoretical number to read it against, None without one.
        reference_source: Where the reference comes from.
        note: What the reader must know to read it right.
    """

    what: str
    value: float
    low: float
    high: float
    n: int
    of: str
    reference: float | None = None
    reference_source: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of text cells, such as a cross-talk matrix; every row as long as ``columns``."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: {len(row)} cells, {len(self.columns)} columns")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing (SVG text) with its caption, which is its alternative text as well."""

    name: str
    svg: str
    caption: str


@dataclass(frozen=True, kw_only=True)
class StudyResult:
    """What one study found.

    Args:
        verdict: Two or three plain sentences: how good, for what use, and what it is not.
        untested: For whom or what it was never tested, one line each.
    """

    findings: tuple[Finding, ...]
    verdict: str
    untested: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()


class Study(Protocol):
    """A component of ``conf/validate.yaml``; its settings stand in the constructor."""

    @property
    def name(self) -> str:
        """File name of its page, such as ``words``."""
        ...

    @property
    def title(self) -> str: ...

    @property
    def about(self) -> str:
        """What is compared with what, in plain sentences; method, split, seeds."""
        ...

    @property
    def needs(self) -> Sequence[str]:
        """Folders below the data folder, such as ``emobank``."""
        ...

    def run(self, data: Path) -> StudyResult:
        """Measure.

        Args:
            data: Folder that holds ``needs``; all of them exist.

        Raises:
            SetupError: A file in them is missing or is not what was expected.
        """
        ...
