"""Pseudonyms: what an id may look like, and what looks like a person's name."""

import re
import unicodedata

#: A recording id names a folder of output on every operating system.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PARTICIPANT = re.compile(r"[^\s\x00-\x1f/\\|<>:\"?*](?:[^\x00-\x1f/\\|<>:\"?*]{0,98}\S)?")
_NAME_WORD = re.compile(r"[^\W\d_]+")
_DATE = re.compile(
    r"(19|20)\d\d[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"|(0[1-9]|[12]\d|3[01])[-_.](0[1-9]|1[0-2])[-_.](19|20)\d\d"
)
_SOCIAL_SECURITY = re.compile(r"\d{3}-\d{2}-\d{4}")
_MAX_LENGTH = 100


def normalised(identifier: str) -> str:
    """Return an id in Unicode NFC without surrounding space."""
    return unicodedata.normalize("NFC", identifier).strip()


def same_name(identifier: str) -> str:
    """Return the form in which ids are compared: file systems may not tell cases apart."""
    return normalised(identifier).casefold()


def recording_id_problem(identifier: str) -> str | None:
    """Return why an id cannot name a recording, None where it can."""
    if not identifier:
        return "recording id is empty"
    if not _SAFE.fullmatch(identifier):
        return (
            "recording id must begin with a letter or digit and hold only A-Z a-z 0-9 . _ - "
            f"(at most {_MAX_LENGTH})"
        )
    return None


def participant_id_problem(identifier: str) -> str | None:
    """Return why an id cannot stand for a participant, None where it can."""
    if not identifier:
        return "participant id is empty"
    if len(identifier) > _MAX_LENGTH or not _PARTICIPANT.fullmatch(identifier):
        return f"participant id holds characters that cannot be written, or over {_MAX_LENGTH}"
    return None


def identifying(identifier: str) -> str | None:
    """Return what in an id looks like it identifies a person, None where nothing does.

    Refused are: ``@`` (e-mail), spaces and commas (names in full), two or more capitalised
    words of letters alone (``AnnaSmith``, ``Anna_Smith``, ``SMITH-Anna``), a whole date (of
    birth) and the form of a US social security number. A single name (``anna``) cannot be told
    from a code; pseudonyms such as ``p-0001``, ``PSN-8F2C41`` and ``300`` pass.

    Example:
        >>> identifying("Anna_Smith"), identifying("PSN-8F2C41")
        ('two capitalised words', None)
    """
    if "@" in identifier:
        return "an @ sign"
    if re.search(r"[\s,]", identifier):
        return "a space or comma"
    if _DATE.fullmatch(identifier):
        return "a date"
    if _SOCIAL_SECURITY.fullmatch(identifier):
        return "a social security number"
    if _n_name_words(identifier) > 1:
        return "two capitalised words"
    return None


def _n_name_words(identifier: str) -> int:
    """Count words such as Anna or, beside one of these, SMITH; digits beside them acquit."""
    count = capitals = 0
    for part in re.split(r"[-_.]", identifier):
        if not _NAME_WORD.fullmatch(part):
            continue
        words = re.findall(r"[A-ZÀ-ÖØ-Þ][^\W\d_A-ZÀ-ÖØ-Þ]+", part)
        if words and "".join(words) == part:
            count += len(words)
        elif part.isupper() and len(part) > 2:
            capitals += 1
    return count + capitals if count else 0
