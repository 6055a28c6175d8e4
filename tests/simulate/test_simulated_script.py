"""Scripts: same questions for everybody, symptoms in the answers, conflicts only where planted."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from clinic.simulate import CONFLICT_KINDS, Conflicts
from clinic.simulate.people import stream
from clinic.simulate.script import (
    CHANGE_TOPIC,
    NEUTRAL_TOPICS,
    SYMPTOM_TOPICS,
    phrase_bank,
    write_script,
)

Z = 4.5
N_PEOPLE = 800
#: Spread of a planted value around the listed one.
VOICE_SD, FACE_SD = 0.20, 0.12
TONES = {-1.0: "n", 0.0: "z", 1.0: "p"}
#: What the names promise, written a second time: lowest and highest of voice and of face.
PROMISED = {
    "negative_words_calm_voice": ("n", (-1.5, -0.5), None),
    "smile_over_negative_words": ("n", None, (0.8, 1.2)),
    "positive_words_sad_voice": ("p", (-2.0, -1.0), (-0.8, -0.2)),
    "flat_face_charged_words": ("n", (1.0, 1.6), (-0.1, 0.1)),
}
ALWAYS = Conflicts(share_without=0.0, share=1.0, with_ambivalence=1.0)


def scripts_of(people, conflicts, n_topics=10, seed=11):
    return [
        write_script(
            p, n_topics=n_topics, conflicts=conflicts, random=stream(seed, p.index, "script")
        )
        for p in people
    ]


def answers_of(script):
    return [(turn.topic, turn.answer) for turn in script if turn.answer is not None]


def z_of_count(hits: int, n: int, p: float) -> float:
    return (hits - n * p) / np.sqrt(n * p * (1 - p))


@pytest.fixture(scope="module")
def people(crowd):
    return crowd[:N_PEOPLE]


@pytest.fixture(scope="module")
def shipped(people, simulator):
    """Scripts as shipped settings write them."""
    return scripts_of(people, simulator.conflicts)


@pytest.fixture(scope="module")
def all_conflicts(people):
    """Scripts with a conflict in every answer."""
    return scripts_of(people, ALWAYS)


# --- questions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_topics", [1, 2, 3, 7, 10, 16, 40])
def test_an_interview_has_the_topics_asked_for_between_greeting_and_farewell(people, n_topics):
    script = scripts_of(people[:1], ALWAYS, n_topics)[0]
    assert [script[0].topic, script[-1].topic] == ["greeting", "farewell"]
    assert script[0].answer is script[-1].answer is None
    topics = [topic for topic, _ in answers_of(script)]
    assert len(topics) == n_topics == len(script) - 2
    assert topics[0] in NEUTRAL_TOPICS
    times_asked = [topics.count(topic) for topic in SYMPTOM_TOPICS]
    assert max(times_asked) - min(times_asked) <= 1


def test_which_topics_come_does_not_depend_on_the_person(people):
    conflicts = Conflicts(share_without=0.3, share=0.1, with_ambivalence=0.45)
    asked = {
        tuple(
            turn.topic
            for turn in write_script(
                person, n_topics=10, conflicts=conflicts, random=np.random.default_rng(7)
            )
        )
        for person in people[:40]
    }
    assert len(asked) == 1


def test_a_script_is_the_same_for_the_same_person(people, simulator, shipped):
    assert scripts_of(people[5:8], simulator.conflicts) == shipped[5:8]
    assert shipped[5] != shipped[6]


# --- conflicts ------------------------------------------------------------------------------------


def test_without_conflicts_there_are_none(people):
    nobody = Conflicts(share_without=1.0, share=1.0, with_ambivalence=1.0)
    for script in scripts_of(people[:200], nobody):
        assert all(answer.conflict is None for _, answer in answers_of(script))


def test_some_people_have_no_conflict_whatever_they_have(people, severities):
    """All or nothing: with a chance of 1 in each answer, those spared are spared entirely."""
    settings = Conflicts(share_without=0.3, share=1.0, with_ambivalence=1.0)
    shares = np.array(
        [
            np.mean([a.conflict is not None for _, a in answers_of(script)])
            for script in scripts_of(people, settings, n_topics=4)
        ]
    )
    assert set(shares) == {0.0, 1.0}
    spared = shares == 0
    assert abs(z_of_count(spared.sum(), len(people), 0.3)) < Z
    related = np.corrcoef(np.column_stack([spared, severities[: len(people)]]).T)[0, 1:]
    assert np.abs(related).max() < Z / np.sqrt(len(people))


def test_conflicts_come_as_often_as_conf_says(people, simulator):
    settings = replace(simulator.conflicts, share_without=0.0)
    answers = [a for script in scripts_of(people, settings) for _, a in answers_of(script)]
    for shown, share in ((False, settings.share), (True, settings.with_ambivalence)):
        group = [a.conflict is not None for a in answers if a.ambivalence is shown]
        assert abs(z_of_count(sum(group), len(group), share)) < Z


def test_only_listed_kinds_are_planted_each_as_often(all_conflicts):
    kinds = Counter(a.conflict for script in all_conflicts for _, a in answers_of(script))
    assert set(kinds) == set(CONFLICT_KINDS)
    for count in kinds.values():
        assert abs(z_of_count(count, kinds.total(), 1 / len(CONFLICT_KINDS))) < Z


def test_the_listed_kinds_are_what_their_names_say():
    assert CONFLICT_KINDS.keys() == PROMISED.keys()
    for kind, channels in CONFLICT_KINDS.items():
        assert channels[0] == PROMISED[kind][0]
        for listed, bounds in zip(channels[1:], PROMISED[kind][1:], strict=True):
            assert (listed is None) == (bounds is None)
            assert listed is None or bounds[0] <= listed <= bounds[1], kind


@pytest.mark.parametrize("kind", CONFLICT_KINDS)
def test_a_conflict_sets_the_channels_that_it_names(all_conflicts, kind):
    tone, voice, face = CONFLICT_KINDS[kind]
    planted = [a for s in all_conflicts for _, a in answers_of(s) if a.conflict == kind]
    assert {TONES[a.words_valence] for a in planted} == {tone}
    for listed, values, sd in (
        (voice, [a.voice_arousal for a in planted], VOICE_SD),
        (face, [a.face_valence for a in planted], FACE_SD),
    ):
        if listed is not None:
            assert abs(np.mean(values) - listed) < Z * sd / np.sqrt(len(values))
            assert np.abs(np.array(values) - listed).max() < 5 * sd


@pytest.mark.parametrize("kind", ["negative_words_calm_voice", "smile_over_negative_words"])
def test_a_conflict_leaves_the_other_channel_as_the_words_have_it(shipped, all_conflicts, kind):
    channel = "face_valence" if CONFLICT_KINDS[kind][2] is None else "voice_arousal"
    left = [
        getattr(a, channel) for s in all_conflicts for _, a in answers_of(s) if a.conflict == kind
    ]
    usual = [
        getattr(a, channel)
        for s in shipped
        for _, a in answers_of(s)
        if a.conflict is None and a.words_valence == -1
    ]
    error = np.sqrt(np.var(left) / len(left) + np.var(usual) / len(usual))
    assert abs(np.mean(left) - np.mean(usual)) < Z * error


def test_channels_agree_where_nothing_is_planted(shipped):
    plain = [a for s in shipped for _, a in answers_of(s) if a.conflict is None]
    words = np.array([a.words_valence for a in plain])
    assert np.corrcoef(words, [a.face_valence for a in plain])[0, 1] > 0.8
    charged = np.abs(words) > 0
    arousal = np.array([a.voice_arousal for a in plain])
    assert arousal[charged].mean() - arousal[~charged].mean() > 0.4


FILLERS = re.compile(r"\b(um|uh|er|well|you know|i mean)\b")


def bare(text: str) -> str:
    """Words alone: no fillers, no punctuation."""
    return " ".join(re.sub(r"[^a-z ]", " ", FILLERS.sub(" ", text.lower())).split())


def says_it(topic: str, answer) -> bool:
    """Whether a phrase of the stated tone is among the words."""
    phrases = phrase_bank()["topics"][topic][TONES[answer.words_valence]]
    return any(bare(phrase) in bare(answer.text) for phrase in phrases)


def test_the_words_are_of_the_stated_valence(shipped):
    for script in shipped:
        for topic, answer in answers_of(script):
            if not answer.ambivalence and topic != CHANGE_TOPIC:
                assert says_it(topic, answer), (topic, answer.text)


def test_a_planted_conflict_is_in_the_words(shipped):
    for script in shipped:
        for topic, answer in answers_of(script):
            if answer.conflict is not None:
                assert says_it(topic, answer), (topic, answer.conflict, answer.text)


# --- symptoms and A/H -----------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "share"), [(0, 0.12), (3, 0.62)])
def test_a_symptom_makes_its_own_topic_negative(people, item, share):
    """12 % and 62 % are the ends for somebody of average choice of words."""
    nobody = Conflicts(share_without=1.0, share=0.0, with_ambivalence=0.0)
    made = [
        replace(
            p,
            phq_items=dict.fromkeys(p.phq_items, item),
            traits={**p.traits, "negative_words": 0.35},
        )
        for p in people[:400]
    ]
    tones = [
        answer.words_valence
        for script in scripts_of(made, nobody)
        for topic, answer in answers_of(script)
        if topic in made[0].phq_items
    ]
    assert abs(z_of_count(tones.count(-1.0), len(tones), share)) < Z


def test_ambivalence_is_shown_by_those_who_have_it_and_by_nobody_else(people, shipped):
    n_shown = n_answers = 0
    for person, script in zip(people, shipped, strict=True):
        shown = [a.ambivalence for _, a in answers_of(script)]
        assert any(shown) is person.ambivalence
        if person.ambivalence:
            n_shown, n_answers = n_shown + sum(shown), n_answers + len(shown)
    assert 0.25 < n_shown / n_answers < 0.35  # "about three in ten"


def test_a_start_belongs_to_memories_and_arousal(people):
    jumpy = [replace(p, traits={**p.traits, "startle": 1.0}) for p in people[:100]]
    for script in scripts_of(jumpy, ALWAYS):
        for topic, answer in answers_of(script):
            assert answer.startle == (topic in ("memories", "arousal"))
