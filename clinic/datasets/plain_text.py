"""Words without times: one utterance as long as the recording."""

import hashlib

from clinic.errors import DataError
from clinic.io.transcripts.decoding import clean
from clinic.records import Role, Transcript, Utterance


def whole_utterance(
    text: str, *, duration_s: float, source_format: str, language: str | None
) -> Transcript:
    """Return the participant's words as one utterance from 0 s to the end.

    Raises:
        DataError: No words, or no length.
    """
    words = clean(text)
    if not words:
        raise DataError("the transcript holds no words")
    if not duration_s > 0:
        raise DataError("the recording has no length, which words without times need")
    return Transcript(
        utterances=(
            Utterance(start_s=0.0, end_s=duration_s, speaker=Role.PARTICIPANT, text=words),
        ),
        source_format=source_format,
        has_speakers=True,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        language=language,
    )
