"""Which language was spoken, and whether a component can read it."""

from collections.abc import Collection

from clinic.records import Recording


def language_notes(
    recording: Recording, languages: Collection[str]
) -> tuple[bool, tuple[str, ...]]:
    """Tell whether a component made for ``languages`` can read a recording, with a note if not.

    A recording without a stated language is read, and the note says what was assumed.
    """
    found = recording.spoken_language
    wanted = ", ".join(languages)
    if found is None:
        return True, (f"language not stated, read as {wanted} (languages)",)
    if found in languages:
        return True, ()
    return False, (f"language {found}, {wanted} needed: not measured (languages)",)
