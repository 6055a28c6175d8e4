"""Syllables by rule against a list counted by hand."""

import pytest

from clinic.features.speech.syllables import count_syllables

BY_HAND = """
the/1 wanted/2 little/2 going/2 didn't/2 people/2 because/2 something/2 sometimes/2 everything/4
being/2 science/2 create/2 idea/3 really/2 feeling/2 tired/1 always/2 never/2 maybe/2 anxiety/4
depression/3 about/2 family/3 different/3 hours/1 experience/4 question/2 lonely/2 worried/2
area/3 actual/3 actually/4 situation/4 patient/2 medicine/3 exercise/3 loved/1 needed/2 times/1
houses/2 faces/2 wishes/2 whole/1 home/1 alone/2 someone/2 before/2 quiet/2 radio/3 video/3
great/1 reading/2 years/1 dying/2 crying/2 doing/2 seeing/2 serious/3 previous/3 various/3
obviously/4 usually/4 couldn't/2 wasn't/2 can't/1 don't/1 i'm/1 you're/1 they've/1 it's/1
apple/2 table/2 able/2 simple/2 handles/2 rules/1 smile/1 while/1 special/2 social/2
appreciate/4 theory/3 museum/3 people's/2 diary/3 dialogue/3 client/2 society/4 variety/4
eating/2 rely/2 freely/2 completely/3 lately/2 definitely/4 somebody/3 fatigue/2 associate/4
curious/3 anxious/2 precious/2 medication/4 patience/2 audience/3 quietly/3 believe/2 friend/1
tried/1 died/1 ended/2 handled/2 settled/2 changed/1 changes/2 watches/2 makes/1 comes/1 says/1
eight/1 beautiful/3 appointment/3 headache/2 stomach/2 breathe/1 breathing/2 uncomfortable/5
temperature/4 paracetamol/5 ibuprofen/4 eventually/5 equal/2 real/1 reality/4 nausea/3
"""


@pytest.mark.parametrize("entry", BY_HAND.split())
def test_everyday_words(entry: str) -> None:
    word, n_syllables = entry.split("/")
    assert count_syllables(word) == int(n_syllables)


@pytest.mark.parametrize(("word", "n"), [("wa-", 1), ("well-being", 3), ("25", 2), ("hmm", 1)])
def test_what_is_no_plain_word(word: str, n: int) -> None:
    assert count_syllables(word) == n
