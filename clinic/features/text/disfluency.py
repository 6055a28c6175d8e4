"""Where a speaker breaks off, repeats and starts again."""

from collections.abc import Collection, Sequence

#: Repetitions of up to this many words in a row are looked for ("I was I was").
LONGEST_REPEAT = 3


def restarts(words: Sequence[str], *, never: Collection[str]) -> int:
    """Count immediate repetitions and broken-off words.

    A repetition is a run of one to three words said again at once; longer runs are tried
    first. A word ending in a hyphen was broken off; one that begins the next word ("wa-
    want") counts once.

    Args:
        words: In lower case.
        never: Words whose doubling is emphasis or grammar ("very very", "had had"); a run
            of these alone is no repetition.

    Source:
        Shriberg (1994), Preliminaries to a theory of speech disfluencies, chapter 2.

    Example:
        >>> restarts("i was i was wa- wanting to to go".split(), never=())
        3
    """
    count = 0
    first = 0
    while first < len(words):
        length = _repeat_at(words, first, never)
        if length:
            count += 1
            first += length
            continue
        count += words[first].endswith("-")
        first += 1
    return count


def _repeat_at(words: Sequence[str], first: int, never: Collection[str]) -> int:
    for length in range(LONGEST_REPEAT, 0, -1):
        run = list(words[first : first + length])
        again = list(words[first + length : first + 2 * length])
        if len(again) == length and run == again and not set(run) <= set(never):
            return length
    return 0
