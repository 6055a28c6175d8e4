"""The report on paper: PDF/A-2a and PDF/UA-1 by typst, whose template reads the report as data."""

import atexit
import json
import re
import shutil
import tempfile
import unicodedata
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from clinic.errors import SetupError
from reports.blocks import Columns, Document, Figure

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")

#: In this order; the first comes from the package font-source-sans-pro, the others from typst.
FAMILIES = ("Source Sans Pro", "Libertinus Serif", "DejaVu Sans Mono", "New Computer Modern")
_FONT_PACKAGE = "font_source_sans_pro"
#: One file a weight: the package has each twice, and which one typst takes hangs on the disk.
_FONT_FILES = ("SourceSansPro-Regular.ttf", "SourceSansPro-Semibold.ttf")

#: Stands for a character that no font at hand can draw; archival PDF refuses a missing glyph.
NO_GLYPH = "□"

_MISSING = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)
_PROBE = """#set document(title: "probe")
#set text(font: json(bytes(sys.inputs.at("fonts"))))
#text(json(bytes(sys.inputs.at("text"))))
"""
#: Latin with its punctuation is in every report font: no need to try.
_ALWAYS_DRAWN = 0x017F


@dataclass(frozen=True, kw_only=True)
class PdfRenderer:
    """Renders a Document as PDF bytes; equal documents give equal bytes.

    Args:
        paper: ``a4`` or ``us-letter``.
        font_folder: Further fonts, for scripts that the shipped ones lack; their families are
            used where the shipped fonts have no glyph.
    """

    paper: str
    font_folder: str | None = None

    def render(self, document: Document) -> bytes:
        """Return the PDF; characters without a glyph are shown as ``□``.

        Raises:
            SetupError: typst or the report font is not installed.
        """
        import typst

        fonts, families = _fonts(self.font_folder)
        plain = self._data(document, families)
        missing = _without_glyph(json.dumps(plain, ensure_ascii=False), fonts, families)
        while True:
            plain["end_note"] = document.glyph_note if missing else ""
            data = json.dumps(plain, ensure_ascii=False)
            data = data.translate({ord(character): NO_GLYPH for character in missing})
            try:
                pdf: bytes = typst.compile(
                    TEMPLATE.read_bytes(),
                    sys_inputs={"data": data},
                    font_paths=fonts,
                    pdf_standards=list(STANDARDS),
                    timestamp=int(document.created_at.timestamp()),
                )
            except typst.TypstError as error:
                # A mark may have a glyph in one font and its letter in another only.
                more = (_named(error) or _marks(data)) - missing
                if not more:
                    raise
                missing |= more
            else:
                return pdf

    def _data(self, document: Document, families: tuple[str, ...]) -> dict[str, Any]:
        made = document.created_at
        return {
            "title": document.title,
            "subtitle": document.subtitle,
            "banner": document.banner,
            "standing": document.standing,
            "footer": document.footer,
            "page_label": document.page_label,
            "language": document.language,
            "paper": self.paper,
            "fonts": families,
            "created": [made.year, made.month, made.day, made.hour, made.minute, made.second],
            "sections": [
                {"heading": section.heading, "blocks": [_block(b) for b in section.blocks]}
                for section in document.sections
            ],
        }


def _block(block: Any) -> dict[str, Any]:
    if isinstance(block, Columns):
        return {
            "kind": "Columns",
            "weights": block.weights,
            "left": [_block(part) for part in block.left],
            "right": [_block(part) for part in block.right],
        }
    plain = {"kind": type(block).__name__, **asdict(block)}
    if isinstance(block, Figure):
        del plain["narrow_svg"]
    return plain


@cache
def _fonts(folder: str | None) -> tuple[Any, tuple[str, ...]]:
    """Return typst's fonts and the families in order; no font of the system is ever used."""
    try:
        import typst
    except ImportError as error:
        raise SetupError("typst is not installed: pip install clinic-screening") from error
    paths = [_report_font()]
    if folder is not None:
        paths.append(Path(folder).expanduser())
        if not paths[-1].is_dir():
            raise SetupError(f"{folder} is no folder of fonts (report.font_folder)")
    fonts = typst.Fonts(include_system_fonts=False, font_paths=paths)
    further = sorted(
        family for family in fonts.families() if family not in FAMILIES and "Math" not in family
    )
    return fonts, (*FAMILIES, *further)


def _report_font() -> Path:
    """Return a folder with the files of the report font alone, gone when the process ends."""
    spec = find_spec(_FONT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("the report font is not installed: pip install font-source-sans-pro")
    source = Path(next(iter(spec.submodule_search_locations))) / "files"
    folder = Path(tempfile.mkdtemp(prefix="clinic-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in _FONT_FILES:
        shutil.copyfile(source / name, folder / name)
    return folder


def _without_glyph(text: str, fonts: Any, families: tuple[str, ...]) -> set[str]:
    """Return the characters that no font can draw, found by drawing them."""
    missing: set[str] = set()
    pending = [sorted({character for character in text if ord(character) > _ALWAYS_DRAWN})]
    while pending:
        wanted = pending.pop()
        error = _refusal(wanted, fonts, families) if wanted else None
        if error is None:
            continue
        refused = _named(error) & set(wanted)
        if not refused and len(wanted) == 1:
            refused = set(wanted)
        missing |= refused
        # Halves, since the message names one character at most, and none where a combining mark
        # is at fault: it then names what the mark was set on.
        rest = [character for character in wanted if character not in refused]
        half = len(rest) // 2
        pending += [rest[:half], rest[half:]]
    return missing


def _refusal(characters: list[str], fonts: Any, families: tuple[str, ...]) -> Exception | None:
    import typst

    try:
        typst.compile(
            _PROBE.encode(),
            sys_inputs={
                "fonts": json.dumps(families),
                "text": json.dumps(" ".join(characters)),
            },
            font_paths=fonts,
            pdf_standards=["ua-1"],
        )
    except typst.TypstError as error:
        if _MISSING.search(str(error)) is None:
            raise
        return error
    return None


def _named(error: Exception) -> set[str]:
    """Return the characters beyond ASCII that a refusal names."""
    found = _MISSING.search(str(error))
    return {c for c in found.group(1) if ord(c) > _ALWAYS_DRAWN} if found else set()


def _marks(text: str) -> set[str]:
    return {character for character in text if unicodedata.category(character).startswith("M")}
