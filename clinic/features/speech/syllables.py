"""How many syllables an English word has, by rule."""

import re

_VOWELS = re.compile(r"[aeiouy]+")
#: Endings whose e is silent, except where it is the only vowel.
_SILENT_END = re.compile(r"(?<=[^aeiouy])(?:e|es|ed)$")
#: Where that e is spoken after all: "little", "wanted", "needed", "faces", "wishes".
_SPOKEN_END = re.compile(r"(?:[^aeiouyl]le[sd]?|[td]ed|(?:[cgsxz]|ch|sh)es)$")
#: A silent e inside: "something", "lonely", "dialogue".
_SILENT_INSIDE = re.compile(r"^some(?=[^aeiouy])|[aeiouy][^aeiouy]+ely$|gue$")
#: Two vowels in a row that are two syllables: "being", "science", "society", "serious",
#: "appreciate", "idea", "radio", "video", "museum", "actual".
_SPLIT = re.compile(
    r"[aeiouy]ing|^sci|[^tcsg]ia|[ct]iate|[^cgst]ie(?:nc|nt|t)|[^ctxg]iou|iety|rea(?:t|c)e|ea$|[dv]eo$"
    r"|[^ctsg]io$|eum|[^q]ua[lt]|maybe|[^g]eor|realit"
)
#: Contracted "not" after a consonant is a syllable of its own: "didn't", "wasn't".
_CONTRACTED = re.compile(r"[dsz]n't$")


def count_syllables(word: str) -> int:
    """Return the number of syllables of an English word; a digit counts as one.

    A rule, not a dictionary: right for most everyday words, off by one for some. Used for
    rates, where such errors nearly cancel.

    Example:
        >>> [count_syllables(w) for w in ("the", "wanted", "little", "going", "didn't")]
        [1, 2, 2, 2, 2]
    """
    letters = word.lower().rstrip("-")
    if letters.isdigit():
        return len(letters)
    if "-" in letters:
        return sum(count_syllables(part) for part in letters.split("-") if part)
    count = len(_VOWELS.findall(letters))
    if _SILENT_END.search(letters) and not _SPOKEN_END.search(letters):
        count -= 1
    count -= bool(_SILENT_INSIDE.search(letters))
    count += len(_SPLIT.findall(letters))
    count += bool(_CONTRACTED.search(letters))
    return max(1, count)
