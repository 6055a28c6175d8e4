"""Text that any FHIR server accepts: no control characters, nothing read as markup."""

import html
import re
import unicodedata

XHTML = "http://www.w3.org/1999/xhtml"

DISCLAIMER = (
    "AI estimate from a recorded interview. It is not an administered or patient-reported "
    "questionnaire and not a diagnosis. Unreviewed until a clinician signs the report."
)

#: Stands in for a character that XML or a FHIR string cannot hold.
REPLACEMENT = "�"

_DIRECTION_MARKS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")

_UNUSUAL = re.compile(r"[^\x20-\x7e]")
_SPACES = re.compile(r"\s+")


def plain(text: str) -> str:
    """Return one line of text; what XML forbids is replaced, and nothing is left empty.

    Example:
        >>> plain(" a\\x00b \\n c ")
        'a�b c'
    """
    marked = _UNUSUAL.sub(lambda found: _permitted(found[0]), text)
    return _SPACES.sub(" ", marked).strip() or "-"


def sentence(text: str) -> str:
    """Return ``plain(text)`` with a full stop where it ends without a mark."""
    line = plain(text)
    return line if line[-1] in ".!?" else f"{line}."


def narrative(*paragraphs: str) -> dict[str, str]:
    """Return a generated Narrative with one escaped paragraph per text."""
    body = "".join(f"<p>{html.escape(plain(text))}</p>" for text in paragraphs if text)
    return {"status": "generated", "div": f'<div xmlns="{XHTML}">{body}</div>'}


def slug(text: str) -> str:
    """Return lower-case letters, digits and hyphens, perhaps nothing.

    Example:
        >>> slug("none or minimal")
        'none-or-minimal'
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def _permitted(character: str) -> str:
    if character.isspace() or character == "\ufeff":  # white space in a validator's eyes
        return " "
    # Controls, lone surrogates and non-characters (XML 1.0 section 2.2), and the marks that
    # turn the direction of the text that follows.
    if unicodedata.category(character) in ("Cc", "Cs") or ord(character) & 0xFFFE == 0xFFFE:
        return REPLACEMENT
    if unicodedata.bidirectional(character) in _DIRECTION_MARKS:
        return REPLACEMENT
    return character
