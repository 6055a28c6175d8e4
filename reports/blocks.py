"""What a report is made of: plain values that both renderers, PDF and HTML, know how to show.

Every string is text, never markup: the renderers escape, and no block carries a style of its own.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A paragraph; ``small`` for notes and sources, ``strong`` for the sentence that counts."""

    text: str
    small: bool = False
    strong: bool = False


@dataclass(frozen=True, kw_only=True)
class Bullets:
    """Short sentences, one below the other."""

    items: tuple[str, ...]
    small: bool = False


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A box that must not be overlooked; ``urgent`` ones are drawn heavier."""

    heading: str
    lines: tuple[str, ...]
    urgent: bool = False


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One labelled value."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Labelled values, in one column or, where they are short, in two."""

    items: tuple[Fact, ...]
    columns: int = 1


@dataclass(frozen=True, kw_only=True)
class Subheading:
    """A heading within a section; ``aside`` is shown large at its right, such as a score."""

    text: str
    aside: str = ""
    aside_note: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of text under column names; ``small`` for tables to look up, not to read.

    Args:
        weights: Relative widths of the columns.
        numeric: Indices of right-aligned columns.
        description: What the table holds, for those who cannot see it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    weights: tuple[float, ...]
    description: str
    numeric: tuple[int, ...] = ()
    small: bool = False

    def __post_init__(self) -> None:
        widths = {len(self.columns), len(self.weights), *(len(row) for row in self.rows)}
        assert len(widths) == 1, f"table {self.description!r}: rows of {sorted(widths)} cells"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing for paper and wide screens, the same for a phone, and both in words."""

    svg: str
    narrow_svg: str
    description: str
    caption: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One numbered moment."""

    number: str
    lead: str
    text: str
    quote: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Entries:
    """Numbered moments, in the order in which they are shown in the figure."""

    items: tuple[Entry, ...]


SimpleBlock = Paragraph | Bullets | Notice | Facts | Subheading | Table | Figure | Entries


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Two stacks side by side where there is room, the left one first where there is not.

    Args:
        weights: Relative widths.
    """

    left: tuple[SimpleBlock, ...]
    right: tuple[SimpleBlock, ...]
    weights: tuple[float, float]


Block = SimpleBlock | Columns


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading (empty for a section that speaks for itself) and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    """A whole report.

    Args:
        subtitle: Title with the recording, the name of the PDF and of the page.
        banner: Stands on every page; empty where the model needs none.
        standing: What the report is and is not; on every page.
        footer: Pseudonyms and run, on every page.
        glyph_note: Said where a renderer had to replace characters that its fonts lack.
        page_label: With ``{page}`` and ``{pages}``, filled in by the renderer of pages.
    """

    title: str
    subtitle: str
    banner: str
    standing: str
    footer: str
    glyph_note: str
    page_label: str
    language: str
    created_at: datetime
    sections: tuple[Section, ...]
