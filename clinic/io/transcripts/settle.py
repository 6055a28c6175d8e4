"""Turns checked against the recording, with small flaws mended and said, large ones refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from clinic.errors import DataError
from clinic.io.transcripts.decoding import clean
from clinic.io.transcripts.turns import TimedWord, Turn
from clinic.records import Role, Utterance, Word


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Utterances in order of start, and what was mended, in words for the report."""

    utterances: tuple[Utterance, ...]
    notes: tuple[str, ...]


def settle(
    turns: Sequence[Turn],
    roles: Mapping[str, Role],
    *,
    duration_s: float,
    max_overlap_s: float,
    max_overshoot_s: float,
) -> Settled:
    """Make utterances of turns.

    Args:
        roles: Role of every speaker label; a turn without a label is UNKNOWN.
        duration_s: Length of the recording.

    Raises:
        DataError: Negative times, a turn that ends before it starts, has words but no length,
            reaches past the recording, or overlaps another of the same speaker; no words.
    """
    notes: list[str] = []
    spoken = [turn for turn in turns if turn.text.strip()]
    _say(notes, len(turns) - len(spoken), "without text {was} left out")
    for turn in spoken:
        _require_times(turn)
    _require_recording(spoken, duration_s, max_overshoot_s)
    inside = [_clipped(turn, duration_s) for turn in spoken if turn.start_s < duration_s]
    _say(notes, len(spoken) - len(inside), "after the end of the recording {was} left out")
    n_clipped = sum(turn.end_s > duration_s for turn in spoken if turn.start_s < duration_s)
    _say(notes, n_clipped, "reached past the end of the recording and {was} clipped")
    ordered = sorted(inside, key=lambda turn: (turn.start_s, turn.end_s))
    mended, n_trimmed = _without_overlap(ordered, max_overlap_s)
    _say(notes, n_trimmed, f"overlapped the next by up to {max_overlap_s:g} s and {{was}} trimmed")
    utterances = tuple(_utterance(turn, roles) for turn in mended)
    if not any(utterance.text for utterance in utterances):
        raise DataError("transcript holds no words")
    n_wordless = sum(not utterance.text for utterance in utterances)
    _say(notes, n_wordless, "{holds} no intelligible words")
    n_unlabelled = sum(turn.speaker is None for turn in mended)
    if roles:
        _say(notes, n_unlabelled, "without a speaker {is} taken for nobody's")
    return Settled(utterances=utterances, notes=tuple(notes))


def _say(notes: list[str], count: int, words: str) -> None:
    if count:
        verbs = ("was", "holds", "is") if count == 1 else ("were", "hold", "are")
        text = words.format(was=verbs[0], holds=verbs[1], **{"is": verbs[2]})
        notes.append(f"transcript: {count} turn{'s' if count > 1 else ''} {text}")


def _require_times(turn: Turn) -> None:
    if turn.start_s < 0:
        raise DataError(f"transcript {turn.place} starts at {turn.start_s:g} s, before 0")
    if turn.end_s <= turn.start_s:
        raise DataError(
            f"transcript {turn.place} runs from {turn.start_s:g} s to {turn.end_s:g} s: "
            "an end after the start is needed"
        )


def _require_recording(turns: Sequence[Turn], duration_s: float, max_overshoot_s: float) -> None:
    last = max(turns, key=lambda turn: turn.end_s, default=None)
    if last is None:
        raise DataError("transcript holds no words")
    if last.end_s > duration_s + max_overshoot_s:
        raise DataError(
            f"transcript {last.place} ends at {last.end_s:.1f} s, the recording at "
            f"{duration_s:.1f} s: does it belong to another recording? At most "
            f"{max_overshoot_s:g} s more is clipped (transcripts.max_overshoot_s)"
        )


def _clipped(turn: Turn, end_s: float) -> Turn:
    return turn if turn.end_s <= end_s else replace(turn, end_s=end_s)


def _without_overlap(turns: Sequence[Turn], max_overlap_s: float) -> tuple[list[Turn], int]:
    """Trim a turn to the start of the same speaker's next one."""
    mended = list(turns)
    latest: dict[str | None, int] = {}
    n_trimmed = 0
    for index, turn in enumerate(turns):
        before = latest.get(turn.speaker)
        if before is not None and mended[before].end_s > turn.start_s:
            earlier = mended[before]
            overlap_s = earlier.end_s - turn.start_s
            if overlap_s > max_overlap_s or earlier.start_s >= turn.start_s:
                raise DataError(
                    f"transcript {turn.place} overlaps {earlier.place} of the same speaker by "
                    f"{overlap_s:.2f} s, at most {max_overlap_s:g} s is trimmed "
                    "(transcripts.max_overlap_s)"
                )
            mended[before] = replace(earlier, end_s=turn.start_s)
            n_trimmed += 1
        latest[turn.speaker] = index
    return mended, n_trimmed


def _utterance(turn: Turn, roles: Mapping[str, Role]) -> Utterance:
    role = Role.UNKNOWN if turn.speaker is None else roles[turn.speaker]
    return Utterance(
        start_s=turn.start_s,
        end_s=turn.end_s,
        speaker=role,
        text=clean(turn.text),
        words=_words(turn.words, turn.start_s, turn.end_s),
    )


def _words(words: Sequence[TimedWord], start_s: float, end_s: float) -> tuple[Word, ...]:
    """Keep words with usable times inside the turn; recognisers give some no length at all."""
    kept = []
    for word in words:
        low, high = max(word.start_s, start_s), min(word.end_s, end_s)
        text = clean(word.text)
        if low < high and text:
            kept.append(Word(start_s=low, end_s=high, text=text))
    return tuple(sorted(kept, key=lambda word: word.start_s))
