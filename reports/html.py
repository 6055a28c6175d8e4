"""The report as one page: no script, nothing fetched, every text escaped."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from reports.blocks import Document

TEMPLATES = Path(__file__).parent / "templates"


def render_html(document: Document) -> str:
    """Return a self-contained page; its policy allows its own style and nothing else."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kind"] = _kind
    # Drawings are made by reports.figures, which escape every word in them.
    environment.filters["drawing"] = Markup
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        document=document,
        style=Markup(style),
        style_hash=digest,
    )


def _kind(block: Any) -> str:
    return type(block).__name__
