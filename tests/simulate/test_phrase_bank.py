"""What can be said: every topic in every tone, no tone twice, nothing of self-harm."""

import re
from collections import Counter

from omegaconf import OmegaConf

from clinic.config import build, conf_folder
from clinic.records import Role, Segment
from clinic.simulate.people import stream
from clinic.simulate.script import (
    CHANGE_TOPIC,
    NEUTRAL_TOPICS,
    SYMPTOM_TOPICS,
    phrase_bank,
    write_script,
)

SELF_HARM = re.compile(
    r"\b(suicid\w*|kill\w*|self.?harm\w*|die|dying|dead|death|overdos\w*|pills|rope|"
    r"(cut|hurt|hang|burn|harm)\w* (myself|my)|end (it|my life)|not wake up|never wake up|"
    r"better off without|not be here|worth living)\b",
    re.IGNORECASE,
)


def phrases_of(node):
    """All texts anywhere in the bank."""
    if isinstance(node, str):
        return [node]
    parts = node.values() if isinstance(node, dict) else node
    return [text for part in parts for text in phrases_of(part)]


def spoken(simulator, crowd):
    """Every answer and prompt of the scripts of some people."""
    turns = [
        turn
        for person in crowd[:150]
        for turn in write_script(
            person,
            n_topics=10,
            conflicts=simulator.conflicts,
            random=stream(simulator.seed, person.index, "script"),
        )
    ]
    return [t.prompt for t in turns] + [t.answer.text for t in turns if t.answer]


def test_every_topic_has_every_tone_that_may_be_drawn():
    topics = phrase_bank()["topics"]
    assert set(topics) == {*SYMPTOM_TOPICS, *NEUTRAL_TOPICS, CHANGE_TOPIC}
    for name, topic in topics.items():
        assert set(topic) == {"prompts", "n", "z", "p"} | ({"a"} if name == CHANGE_TOPIC else set())
        assert all(len(topic[kind]) >= 2 for kind in topic), name


def test_no_phrase_stands_for_two_tones():
    topics = phrase_bank()["topics"].values()
    said = Counter(p.lower() for topic in topics for k in topic if k != "prompts" for p in topic[k])
    assert said.most_common(1)[0][1] == 1


def test_every_phrase_ends_as_a_sentence():
    """Phrases are joined by blanks: without a mark two of them would run into one."""
    for topic in phrase_bank()["topics"].values():
        assert all(text[-1] in ".?" for text in phrases_of(topic))


def test_the_plain_list_finds_what_it_should():
    assert SELF_HARM.search("I want to kill myself.")
    assert SELF_HARM.search("I cut myself again.")
    assert not SELF_HARM.search("My mother died and I miss her terribly.")


def test_nothing_that_can_be_said_speaks_of_self_harm(simulator, crowd):
    """By the project's own phrases and by a plain list of words."""
    texts = sorted({*phrases_of(dict(phrase_bank())), *spoken(simulator, crowd)})
    segments = [
        Segment(
            index=i, start_s=i, end_s=i + 1, speaker=Role.PARTICIPANT, origin="utterance", text=text
        )
        for i, text in enumerate(texts)
    ]
    scan = build(OmegaConf.load(conf_folder() / "safety" / "default.yaml"))
    assert scan.notices(segments, "en-US").notices == ()
    assert [text for text in texts if SELF_HARM.search(text)] == []
