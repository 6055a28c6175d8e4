"""Readings and moments in plain words."""

from collections.abc import Sequence

from clinic.inconsistency.measures.base import CHANNEL
from clinic.inconsistency.readers.emotions import PREFIX
from clinic.records import Reading
from clinic.units import clock

#: Below this size a reading is "about usual"; half a standard deviation is a small effect.
USUAL_SD = 0.5

#: By reading: what is spoken of, then its words for low and high.
_WORDS = {
    "text_valence": ("words", "more negative", "more positive"),
    "text_arousal": ("words", "calmer", "more stirring"),
    "voice_valence": ("voice", "less pleasant", "more pleasant"),
    "voice_arousal": ("voice", "calmer", "more raised"),
    "face_valence": ("face", "less pleasant", "more pleasant"),
    "face_arousal": ("face", "stiller", "more animated"),
    "face_smile": ("smile", "weaker", "stronger"),
}

#: How an emotion is called in "the words show more ..."; neutral is the absence of them all.
_EMOTION_WORDS = {"neutral": "calm"}


def reading_words(reading: str, score: float) -> str:
    """Return a reading in words.

    Example:
        >>> reading_words("text_valence", -1.6)
        'words more negative than usual'
        >>> reading_words("voice_emotion_sadness", 2.0)
        'more sadness in the voice than usual'
    """
    if _emotion_of(reading) is not None:
        modality = reading.partition("_")[0]
        emotion, size = _emotion_of(reading), "more" if score > 0 else "less"
        if abs(score) < USUAL_SD:
            return f"{emotion} in the {CHANNEL[modality]} about as usual"
        return f"{size} {emotion} in the {CHANNEL[modality]} than usual"
    subject, low, high = _words_of(reading)
    if abs(score) < USUAL_SD:
        return f"{subject} about as usual"
    return f"{subject} {high if score > 0 else low} than usual"


def moment_sentence(start_s: float, readings: Sequence[Reading]) -> str:
    """Return one plain sentence about a moment.

    Example:
        >>> from clinic.records import Modality
        >>> words = Reading(modality=Modality.TEXT, quantity="valence", value=-2.0,
        ...                 confidence=1.0, words="words more negative than usual")
        >>> voice = Reading(modality=Modality.VOICE, quantity="arousal", value=-1.8,
        ...                 confidence=1.0, words="voice calmer than usual")
        >>> moment_sentence(83.2, [words, voice])
        "At 1:23.2 the words are more negative than this person's usual and the voice is calmer \
than usual."
    """
    first, *rest = readings
    parts = [_clause(first, "this person's usual"), *(_clause(r, "usual") for r in rest)]
    said = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"At {clock(start_s)} {said}."


def _clause(reading: Reading, usual: str) -> str:
    name = f"{reading.modality.value}_{reading.quantity}"
    emotion = _emotion_of(name)
    if emotion is not None:
        subject = CHANNEL[reading.modality.value]
        verb = "show" if subject == "words" else "shows"
        if abs(reading.value) < USUAL_SD:
            return f"the {subject} {verb} about the usual {emotion}"
        return (
            f"the {subject} {verb} {'more' if reading.value > 0 else 'less'} {emotion} than {usual}"
        )
    subject, low, high = _words_of(name)
    verb = "are" if subject == "words" else "is"
    if abs(reading.value) < USUAL_SD:
        return f"the {subject} {verb} much as usual"
    return f"the {subject} {verb} {high if reading.value > 0 else low} than {usual}"


def _emotion_of(reading: str) -> str | None:
    """Return the emotion that a reading is about, or None."""
    _, _, quantity = reading.partition("_")
    emotion = quantity.removeprefix(PREFIX)
    return None if emotion == quantity else _EMOTION_WORDS.get(emotion, emotion)


def _words_of(reading: str) -> tuple[str, str, str]:
    if reading in _WORDS:
        return _WORDS[reading]
    modality, _, quantity = reading.partition("_")
    return (f"{quantity} of the {modality}", "lower", "higher")
