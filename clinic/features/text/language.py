"""Which language was spoken, and whether a component can read it."""

from collections.abc import Collection

from clinic.records import Recording


def spoken_language(recording: Recording) -> str | None:
    """Return the primary language subtag in lower case, None where nobody said.

    The recording's own tag goes before the transcript's.
    """
    tag = recording.language
    if tag is None and recording.transcript is not None:
        tag = recording.transcript.language
    return tag.replace("_", "-").split("-")[0].lower() if tag else None


def language_notes(
    recording: Recording, languages: Collection[str]
) -> tuple[bool, tuple[str, ...]]:
    """Tell whether a component made for ``languages`` can read a recording, with a note if not.

    A recording without a stated language is read, and the note says what was assumed.
    """
    found = spoken_language(recording)
    wanted = ", ".join(languages)
    if found is None:
        return True, (f"language not stated, read as {wanted} (languages)",)
    if found in languages:
        return True, ()
    return False, (f"language {found}, {wanted} needed: not measured (languages)",)
