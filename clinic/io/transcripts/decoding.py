"""Bytes of a transcript as text: encodings, markup, characters that do not belong."""

import codecs
import re
import unicodedata

from clinic.errors import DataError

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: <UNIN/>, <UNSURE>, <laughter>, <b>: markup of transcribers. "I <3 it" is none.
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,60}>")

#: Joiners that scripts and emoji need; other invisible format characters are dropped.
_KEPT_FORMAT = {"\u200c", "\u200d"}


def decode(content: bytes, *, encoding: str) -> str:
    """Return the text of a file: by its byte order mark, else in the given encoding.

    Raises:
        DataError: Empty, not in that encoding, or holding NUL characters as binary files do.
    """
    if not content.strip():
        raise DataError("transcript is empty")
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            encoding = name
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        raise DataError(
            f"transcript is not {encoding} text: save it as UTF-8, or name its encoding "
            "(transcripts.encoding)"
        ) from error
    if "\0" in text:
        raise DataError("transcript holds NUL characters: a binary file, or UTF-16 without a mark")
    if not text.strip():
        raise DataError("transcript is empty")
    return text


def clean(text: str) -> str:
    """Return one line of plain words: markup, control and invisible characters dropped, NFC.

    Example:
        >>> clean("well <UNIN/> <UNSURE>maybe</UNSURE>\\tI  am")
        'well maybe I am'
    """
    text = _TAG.sub(" ", text)
    kept = [_kept(character) for character in unicodedata.normalize("NFC", text)]
    return " ".join("".join(kept).split())


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return character if character in _KEPT_FORMAT else ""
    # Control, surrogate, private use, unassigned: nothing that was said.
    return " " if category.startswith("C") else character
