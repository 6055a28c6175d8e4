"""Whether words that nobody named a language for look like English."""

import re
from collections.abc import Iterable

#: Function words of English talk that are rare as words of the neighbouring languages: "a",
#: "to", "in", "was", "so", "me", "no", "he", "for" are left out for that reason.
_COMMON = """
    the and i i'm i've of it it's that that's thats you my is not we they she with this there
    what just know when like think can would if then about because been had from are were don't
    dont didn't get got out really how them his him very some could did your going yeah yes which
    who why where after other something never always any much more too only now than into their
    by feel said thing things
"""
COMMON_WORDS = frozenset(_COMMON.split())

#: Fewer words tell no language.
MIN_WORDS = 30

#: Measured with the words above: whole consultations in English 32-51 % (57 patients of
#: PriMock57), simulated interviews 37-54 %; stretches of 30 words of both never below 16 %. Of
#: runs of 30 words made of unrelated Reddit comments (GoEmotions), 16 in 12,306 lie below.
#: Short texts made up in other languages: German, French, Spanish and Portuguese 0 %, Italian
#: 5 %, Danish 4 %, Polish 7 %, Dutch 10 % at most.
MIN_SHARE = 0.12

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_ADDED = re.compile(r"<[^>]*>|\[[^\]]*\]")


def common_word_share(texts: Iterable[str]) -> tuple[int, float]:
    """Return the number of words and the share of common English ones, 0 without words.

    Example:
        >>> common_word_share(["I know, it's", "[laughs] Tuesday."])
        (4, 0.75)
    """
    spoken = _ADDED.sub(" ", " ".join(texts)).replace("’", "'").lower()
    words = _WORD.findall(spoken)
    n_common = sum(w in COMMON_WORDS or w.split("'")[0] in COMMON_WORDS for w in words)
    return len(words), n_common / max(1, len(words))


def why_not_english(texts: Iterable[str]) -> str | None:
    """Return why the words do not look like English, None where they do or are too few to tell."""
    n_words, share = common_word_share(texts)
    if n_words < MIN_WORDS or share >= MIN_SHARE:
        return None
    # Cut, not rounded: 11.6 % must not read as the 12 % that were needed.
    return (
        f"the words do not look like English ({int(100 * share)} % of them are common English "
        f"words, {100 * MIN_SHARE:.0f} % needed) and no language was stated"
    )
