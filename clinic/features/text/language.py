"""Which language was spoken, and whether a component can read it."""

from collections.abc import Collection, Sequence

from clinic.records import Recording, Segment
from clinic.records.english import why_not_english


def language_notes(
    recording: Recording, languages: Collection[str], segments: Sequence[Segment]
) -> tuple[bool, tuple[str, ...]]:
    """Tell whether a component made for ``languages`` can read a recording, with a note if not.

    A recording without a stated language is read, and the note says what was assumed; where
    English is assumed, words that do not look like it are not read. The participant's words
    decide, also for a component that reads the interviewer's.

    Args:
        segments: Their text is looked at where the recording has no transcript.
    """
    found = recording.spoken_language
    wanted = ", ".join(languages)
    if found is None:
        doubt = why_not_english(_spoken(recording, segments)) if set(languages) == {"en"} else None
        if doubt is not None:
            return False, (f"{doubt}: not measured (languages)",)
        return True, (f"language not stated, read as {wanted} (languages)",)
    if found in languages:
        return True, ()
    return False, (
        f"the language is {found}; words are read in {wanted} only, so they were not measured "
        "(languages)",
    )


def _spoken(recording: Recording, segments: Sequence[Segment]) -> list[str]:
    if recording.transcript is not None:
        return [utterance.text for utterance in recording.transcript.participant_utterances]
    return [segment.text for segment in segments if segment.text]
