"""Which sentences raise a notice, which do not, and what is said about the search."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from clinic.config import build
from clinic.errors import SetupError
from clinic.records import Role, Segment
from clinic.safety import PhraseGroup, SelfHarmLanguage
from clinic.safety.phrases import plain

CONF = Path(__file__).resolve().parents[2] / "conf" / "safety" / "default.yaml"

# Made-up sentences, written before the phrases were tuned on anything but these lists.
SPOKEN_OF = [
    "I want to die.",
    "Sometimes I just, um, want to die.",
    "I wish I was dead.",
    "I wish I were dead, honestly.",
    "I'd be better off dead.",
    "They would all be better off without me.",
    "My kids would be better off if I wasn't here.",
    "The world would be a better place without me.",
    "I wish I could go to sleep and not wake up.",
    "I go to bed and hope I don't wake up.",
    "I just don’t wanna be here anymore.",
    "I do not want to live any more.",
    "I didn't want to be alive.",
    "I'm tired of living.",
    "I am sick of being alive.",
    "I wish I had never been born.",
    "There is no reason to live.",
    "I can't see any point in living.",
    "There's no point in going on living like that, no reason to carry on living.",
    "Life isn't worth living.",
    "I don't care if I live or die.",
    "I keep thinking about dying.",
    "I've been having thoughts about death.",
    "I've been suicidal.",
    "I thought about suicide last winter.",
    "I tried to kill myself when I was nineteen.",
    "I've had thoughts of killing myself.",
    "I never thought of killing myself.",
    "I was going to hang myself.",
    "I thought of ending my life.",
    "I nearly took my own life.",
    "I want to end it all.",
    "I was ready to just end it.",
    "I thought about ending it.",
    "I nearly did away with myself.",
    "I thought I would top myself.",
    "I stood there thinking I could jump off the bridge.",
    "I wanted to step in front of a train.",
    "I thought about driving my car into a tree.",
    "I took an overdose two years ago.",
    "I swallowed a whole bottle of pills.",
    "I took all my tablets.",
    "I had written a suicide note.",
    "I looked up ways to die.",
    "I put a gun to my head.",
    "I'd blow my brains out.",
    "I won't be around much longer.",
    "I used to self-harm.",
    "I self harmed at school.",
    "I cut myself when it gets too much.",
    "I was cutting my arms.",
    "I slit my wrists.",
    "I feel like hurting myself.",
    "I burn myself with cigarettes.",
    "I bang my head against the wall until it bleeds, I hurt myself.",
    "I punish myself, I starve myself.",
    "I was afraid I'd do something to myself.",
    "I don't want to die.",
    "My brother killed himself and I have suicidal thoughts too.",
    "I want to um want to die.",
    "I WANT TO KILL MYSELF",
    "dont want to live anymore",
    "I can't do this, I'd rather die.",
    "I was planning how to end my life.",
    "I made an attempt, I attempted to end my life.",
]

FIGURES_OF_SPEECH = [
    "This traffic is killing me.",
    "My feet are killing me.",
    "I'm dying to see that film.",
    "I nearly died laughing.",
    "I could have died of embarrassment.",
    "I'd kill for a coffee.",
    "My phone died.",
    "The deadline is killing us.",
    "I'm dead tired.",
    "My grandmother died last year.",
    "My dad wants to end the lease.",
    "We ended it after three years, me and my boyfriend.",
    "I cut myself shaving.",
    "I burnt myself on the oven.",
    "I cut my finger chopping onions.",
    "I hurt my back.",
    "I want to be here for my daughter.",
    "I don't want to be here all day.",
    "I don't want to live with my parents.",
    "I'm tired of living in London.",
    "I woke up early and could not get back to sleep.",
    "I never wake up before ten.",
    "It's not worth it.",
    "It isn't worth going there.",
    "They are better off than we are.",
    "I took my tablets this morning.",
    "I took two paracetamol for the headache.",
    "I jumped off the bus.",
    "I walked out of the building.",
    "That joke was to die for.",
    "I don't feel sick, I just feel dead inside my arm.",
    "We played dead.",
    "I take all my medication on time.",
    "I want to end the week well.",
    "It is the end of my rope with this printer.",
    "I killed it at the interview.",
    "I do it to myself, I stay up too late.",
    "The battery is going to die.",
    "I was bored to death.",
    "Over my dead body.",
    "I hit my target.",
    "There is no point in waiting.",
]


@pytest.fixture(scope="module")
def scanner() -> SelfHarmLanguage:
    found = build(OmegaConf.load(CONF))
    assert isinstance(found, SelfHarmLanguage)
    return found


def segment(text: str | None, start_s: float = 0.0) -> Segment:
    return Segment(
        index=int(start_s),
        start_s=start_s,
        end_s=start_s + 2.0,
        speaker=Role.PARTICIPANT,
        origin="utterance",
        text=text,
    )


@pytest.mark.parametrize("sentence", SPOKEN_OF)
def test_language_of_self_harm_is_shown(scanner: SelfHarmLanguage, sentence: str) -> None:
    scan = scanner.notices([segment(sentence)], "en-GB")
    assert scan.notices, sentence
    assert scan.notices[0].quote == sentence


@pytest.mark.parametrize("sentence", FIGURES_OF_SPEECH)
def test_figures_of_speech_raise_no_notice(scanner: SelfHarmLanguage, sentence: str) -> None:
    assert not scanner.notices([segment(sentence)], "en").notices


def test_a_phrase_cut_by_the_transcript_is_found(scanner: SelfHarmLanguage) -> None:
    scan = scanner.notices([segment("I just want to", 10.0), segment("kill myself.", 12.0)], "en")
    inside = scanner.notices(
        [segment("and then I wished I was", 10.0), segment("dead.", 12.0)], "en"
    )
    assert [n.start_s for n in scan.notices] == [12.0]
    assert [(n.start_s, n.end_s) for n in inside.notices] == [(10.0, 14.0)]
    assert inside.notices[0].quote == "and then I wished I was / dead."


def test_a_mention_in_one_half_is_reported_once(scanner: SelfHarmLanguage) -> None:
    scan = scanner.notices([segment("I want to die", 0.0), segment("you know", 2.0)], "en")
    assert len(scan.notices) == 1


def test_negated_mentions_are_shown_and_the_reader_is_told(scanner: SelfHarmLanguage) -> None:
    scan = scanner.notices([segment("I have never thought about suicide.")], "en")
    assert len(scan.notices) == 1
    assert any("negated" in note for note in scan.notes)


def test_no_transcript_is_not_checked_and_said(scanner: SelfHarmLanguage) -> None:
    for segments in ([], [segment(None)], [segment("   ")]):
        scan = scanner.notices(segments, "en")
        assert scan.notices == ()
        assert "not checked: no transcript" in scan.notes[0]


def test_another_language_is_not_checked_and_said(scanner: SelfHarmLanguage) -> None:
    scan = scanner.notices([segment("Ich will sterben. suicide")], "de-DE")
    assert scan.notices == ()
    assert "NOT checked" in scan.notes[0]
    assert "de-DE" in scan.notes[0]


def test_an_unknown_language_is_searched_as_english_and_said(scanner: SelfHarmLanguage) -> None:
    scan = scanner.notices([segment("I want to die.")], None)
    assert scan.notices
    assert "not given" in scan.notes[0]


def test_finding_nothing_claims_nothing(scanner: SelfHarmLanguage) -> None:
    scan = scanner.notices([segment("Fine, thank you.")], "en")
    assert any("says nothing about risk" in note for note in scan.notes)


def test_segments_without_words_are_counted(scanner: SelfHarmLanguage) -> None:
    scan = scanner.notices([segment("Fine."), segment(None, 3.0)], "en")
    assert any("1 of 2 segments" in note for note in scan.notes)


def test_times_are_those_of_the_segment(scanner: SelfHarmLanguage) -> None:
    scan = scanner.notices([segment("Hello there.", 5.0), segment("I want to die.", 83.2)], "en")
    assert [(n.start_s, n.end_s) for n in scan.notices] == [(83.2, 85.2)]
    assert "wish to be dead" in scan.notices[0].phrase


@given(st.text(max_size=300))
def test_any_text_is_searched_without_failing(text: str) -> None:
    found = build(OmegaConf.load(CONF))
    scan = found.notices([segment(text)], "en")
    assert len(scan.notices) <= len(found.groups)


@given(st.sampled_from(SPOKEN_OF), st.sampled_from(["upper", "title", "dots", "curly", "blanks"]))
def test_spelling_does_not_hide_a_phrase(sentence: str, how: str) -> None:
    changed = {
        "upper": sentence.upper(),
        "title": sentence.title().replace("'T", "'t").replace("'D", "'d").replace("'M", "'m"),
        "dots": sentence.replace(" ", "... ", 2),
        "curly": sentence.replace("'", "\u2019"),
        "blanks": sentence.replace(" ", "  \n"),
    }[how]
    assert build(OmegaConf.load(CONF)).notices([segment(changed)], "en").notices


def test_long_text_is_searched_in_a_moment(scanner: SelfHarmLanguage) -> None:
    hostile = "want to just really " * 5000
    assert scanner.notices([segment(hostile)], "en").notices == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I, um, I don\u2019t", "i don't"),
        ("do n't", "don't"),
        ("dont", "don't"),
        ("<UNSURE>Oh</UNSURE> hey [laughs]", "oh hey"),
        ("self\u2010harm", "self harm"),
        ("umbrella", "umbrella"),
    ],
)
def test_plain_spelling(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_a_broken_expression_stops_the_setup() -> None:
    with pytest.raises(SetupError, match="safety phrase"):
        PhraseGroup(label="x", patterns=["("], source="none")


def test_the_stamp_holds_every_phrase(scanner: SelfHarmLanguage) -> None:
    groups = scanner.stamp().settings["groups"]
    assert isinstance(groups, dict)
    assert set(groups) == {"wish_to_be_dead", "suicide", "self_harm"}


GERMAN = (
    "Also ich weiß nicht, ich schlafe im Moment sehr schlecht und wache in der Nacht oft auf. "
    "Meine Frau sagt, dass ich mich verändert habe. Was soll ich da machen? Ich will sterben."
)


def test_unstated_words_that_do_not_look_english_are_not_checked(
    scanner: SelfHarmLanguage,
) -> None:
    scan = scanner.notices([segment(GERMAN)], None)
    assert scan.notices == ()
    assert len(scan.notes) == 1
    assert "NOT checked" in scan.notes[0] and "do not look like English" in scan.notes[0]


def test_a_phrase_in_words_taken_for_another_language_is_still_shown(
    scanner: SelfHarmLanguage,
) -> None:
    scan = scanner.notices([segment(GERMAN), segment("I want to kill myself.", 3.0)], None)
    assert len(scan.notices) == 1
    assert "NOT checked" in scan.notes[0] and "is shown" in scan.notes[0]
