"""Words with times gathered into turns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clinic.io.transcripts.turns import TimedWord, Turn


@dataclass(frozen=True, kw_only=True)
class SpokenWord:
    """A word, the punctuation behind it, and who said it."""

    word: TimedWord
    speaker: str | None = None
    punctuation: str = ""


def gather(words: Iterable[SpokenWord], *, max_word_gap_s: float) -> tuple[Turn, ...]:
    """Begin a new turn where the speaker changes or the pause exceeds ``max_word_gap_s``."""
    runs: list[list[SpokenWord]] = []
    for spoken in words:
        last = runs[-1][-1] if runs else None
        if (
            last is None
            or last.speaker != spoken.speaker
            or spoken.word.start_s - last.word.end_s > max_word_gap_s
        ):
            runs.append([])
        runs[-1].append(spoken)
    return tuple(_turn(run, number) for number, run in enumerate(runs, start=1))


def _turn(run: Sequence[SpokenWord], number: int) -> Turn:
    return Turn(
        start_s=run[0].word.start_s,
        end_s=max(spoken.word.end_s for spoken in run),
        text=" ".join(spoken.word.text + spoken.punctuation for spoken in run),
        speaker=run[0].speaker,
        words=tuple(spoken.word for spoken in run),
        place=f"turn {number}",
    )
