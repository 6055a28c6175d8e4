"""The report on paper: PDF/A-2a and PDF/UA-1 by typst, whose template reads the report as data."""

import json
import re
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
        plain["end_note"] = document.glyph_note if missing else ""
        data = json.dumps(plain, ensure_ascii=False)
        data = data.translate({ord(character): NO_GLYPH for character in missing})
        pdf: bytes = typst.compile(
            TEMPLATE.read_bytes(),
            sys_inputs={"data": data},
            font_paths=fonts,
            pdf_standards=list(STANDARDS),
            timestamp=int(document.created_at.timestamp()),
        )
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
    spec = find_spec(_FONT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("the report font is not installed: pip install font-source-sans-pro")
    paths = [Path(next(iter(spec.submodule_search_locations))) / "files"]
    if folder is not None:
        paths.append(Path(folder).expanduser())
        if not paths[-1].is_dir():
            raise SetupError(f"{folder} is no folder of fonts (report.font_folder)")
    fonts = typst.Fonts(include_system_fonts=False, font_paths=paths)
    further = sorted(
        family for family in fonts.families() if family not in FAMILIES and "Math" not in family
    )
    return fonts, (*FAMILIES, *further)


def _without_glyph(text: str, fonts: Any, families: tuple[str, ...]) -> set[str]:
    """Return the characters that no font can draw, found by drawing them."""
    import typst

    missing: set[str] = set()
    wanted = {character for character in text if ord(character) > _ALWAYS_DRAWN}
    while wanted:
        try:
            typst.compile(
                _PROBE.encode(),
                sys_inputs={
                    "fonts": json.dumps(families),
                    "text": json.dumps(" ".join(sorted(wanted))),
                },
                font_paths=fonts,
                pdf_standards=["ua-1"],
            )
        except typst.TypstError as error:
            found = _MISSING.search(str(error))
            refused = set(found.group(1)) & wanted if found else set()
            if not refused:
                raise
            missing |= refused
            wanted -= refused
        else:
            break
    return missing
