"""Write one interview: prompts, answers that follow the drawn symptoms, planted conflicts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from clinic.simulate.checks import need_shares
from clinic.simulate.people import PHQ_ITEMS, Participant

#: Topics asked of everybody, so that the questions alone say nothing.
SYMPTOM_TOPICS = (*PHQ_ITEMS, "memories", "avoidance", "arousal")
NEUTRAL_TOPICS = ("home", "work", "weekend", "family")
CHANGE_TOPIC = "change"

#: Kind of planted conflict -> what words, voice and face each say (valence, arousal, valence).
#: ``None`` leaves a channel as the words have it.
CONFLICT_KINDS: Mapping[str, tuple[str, float | None, float | None]] = {
    "negative_words_calm_voice": ("n", -1.0, None),
    "smile_over_negative_words": ("n", None, 1.0),
    "positive_words_sad_voice": ("p", -1.6, -0.5),
    "flat_face_charged_words": ("n", 1.3, 0.0),
}


@dataclass(frozen=True, kw_only=True)
class Conflicts:
    """How many conflicts are planted.

    Args:
        share_without: Share of participants with no planted conflict, whatever they have.
        share: Share of answers that carry one, in the others.
        with_ambivalence: Share of A/H answers whose face or voice disagrees with the words.
    """

    share_without: float
    share: float
    with_ambivalence: float

    def __post_init__(self) -> None:
        """Raise SetupError for a share outside [0, 1]."""
        need_shares(self, "share_without", "share", "with_ambivalence")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of the participant.

    Args:
        chunks: Parts spoken in one go, with a pause between them.
        words_valence: -1, 0 or 1.
        voice_arousal: In standard deviations of the person's own speech.
        face_valence: -1 (sad, frowning) to 1 (smiling).
        conflict: Kind of the planted conflict, or None.
        ambivalence: Whether A/H is shown here.
        startle: Whether the answer begins with a start.
    """

    chunks: tuple[str, ...]
    words_valence: float
    voice_arousal: float
    face_valence: float
    conflict: str | None = None
    ambivalence: bool = False
    startle: bool = False

    @property
    def text(self) -> str:
        """The words as the transcript has them."""
        return " ".join(self.chunks)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A prompt and its answer; a greeting or farewell has no answer."""

    topic: str
    prompt: str
    answer: Answer | None


@lru_cache(maxsize=1)
def phrase_bank() -> Mapping[str, Any]:
    """Return the phrases, read once."""
    path = Path(__file__).with_name("phrase_bank.yaml")
    bank: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return bank


def write_script(
    person: Participant, *, n_topics: int, conflicts: Conflicts, random: np.random.Generator
) -> tuple[Turn, ...]:
    """Return the turns of one interview with ``n_topics`` answers.

    Everybody is asked about neutral matters, symptoms and a change in about equal proportions,
    drawn at random: which questions are asked does not depend on the person.
    """
    bank = phrase_bank()
    topics = _choose_topics(n_topics, random)
    planted = random.uniform() >= conflicts.share_without
    turns = [Turn(topic="greeting", prompt=bank["greeting"], answer=None)]
    shows = _ambivalent_answers(person, topics, random)
    for topic, is_ambivalent in zip(topics, shows, strict=True):
        chance = conflicts.with_ambivalence if is_ambivalent else conflicts.share
        kind = None
        if planted and random.uniform() < chance:
            kind = str(random.choice(list(CONFLICT_KINDS)))
        answer = _answer(person, topic, kind, is_ambivalent, random)
        prompt = str(random.choice(bank["topics"][topic]["prompts"]))
        turns.append(Turn(topic=topic, prompt=prompt, answer=answer))
    turns.append(Turn(topic="farewell", prompt=bank["closing"], answer=None))
    return tuple(turns)


def _choose_topics(n_topics: int, random: np.random.Generator) -> list[str]:
    """Open with a neutral topic, then symptoms, change and neutral ones in random order."""
    n_neutral = max(1, round(0.25 * n_topics))
    n_change = max(1, round(0.2 * n_topics)) if n_topics > 1 else 0
    n_symptoms = max(0, n_topics - n_neutral - n_change)
    neutral = _cycle(NEUTRAL_TOPICS, n_neutral, random)
    rest = _cycle(SYMPTOM_TOPICS, n_symptoms, random) + [CHANGE_TOPIC] * n_change + neutral[1:]
    random.shuffle(rest)
    return [neutral[0], *rest][:n_topics]


def _cycle(items: tuple[str, ...], count: int, random: np.random.Generator) -> list[str]:
    """Return items in random order, all of them once before any comes twice."""
    out: list[str] = []
    while len(out) < count:
        out.extend(str(item) for item in random.permutation(items))
    return out[:count]


def _ambivalent_answers(
    person: Participant, topics: list[str], random: np.random.Generator
) -> list[bool]:
    """Which answers show A/H: about three in ten of somebody who shows it, at least one."""
    if not person.ambivalence:
        return [False] * len(topics)
    chance = [0.75 if topic == CHANGE_TOPIC else 0.18 for topic in topics]
    shows = [bool(random.uniform() < c) for c in chance]
    if not any(shows):
        shows[int(random.integers(len(topics)))] = True
    return shows


def _tone_shares(person: Participant, topic: str) -> tuple[float, float]:
    """Probability of a negative and of a positive answer on one topic."""
    if topic in person.phq_items:
        level = person.phq_items[topic] / 3
    elif topic == "memories":
        level = (person.pcl_cluster("intrusion") - 1) / 4
    elif topic in ("avoidance", "arousal"):
        level = (person.pcl_cluster(topic) - 1) / 4
    else:
        level = 0.35 * person.depression / 24
    # Nobody's answers are all of one kind: 12 % negative without the symptom, about 62 % with it.
    tendency = 0.25 * (person.traits["negative_words"] - 0.35)
    negative = float(np.clip(0.12 + 0.50 * level + tendency, 0.03, 0.80))
    return negative, float((1 - negative) * (0.50 - 0.25 * level))


def _answer(
    person: Participant,
    topic: str,
    kind: str | None,
    ambivalent: bool,
    random: np.random.Generator,
) -> Answer:
    negative, positive = _tone_shares(person, topic)
    draw = random.uniform()
    tone = "n" if draw < negative else "p" if draw < negative + positive else "z"
    if kind is not None:
        tone = CONFLICT_KINDS[kind][0]
    startle = topic in ("arousal", "memories") and random.uniform() < person.traits["startle"]
    chunks = _sentences(person, topic, tone, kind, ambivalent, random)
    if startle and random.uniform() < 0.6:
        chunks.insert(0, str(random.choice(phrase_bank()["startle"])))
    valence = {"n": -1.0, "z": 0.0, "p": 1.0}[tone]
    arousal = 0.55 * abs(valence) + random.normal(0, 0.45)
    face = 0.75 * valence + random.normal(0, 0.30)
    answer = Answer(
        chunks=tuple(chunks),
        words_valence=valence,
        voice_arousal=float(np.clip(arousal, -1.2, 1.8)),
        face_valence=float(np.clip(face, -1.2, 1.2)),
        ambivalence=ambivalent,
        startle=bool(startle),
    )
    if kind is None:
        return answer
    _, voice, look = CONFLICT_KINDS[kind]
    return replace(
        answer,
        conflict=kind,
        voice_arousal=answer.voice_arousal if voice is None else voice + random.normal(0, 0.2),
        face_valence=answer.face_valence if look is None else look + random.normal(0, 0.12),
    )


def _sentences(
    person: Participant,
    topic: str,
    tone: str,
    kind: str | None,
    ambivalent: bool,
    random: np.random.Generator,
) -> list[str]:
    """Chunks of one answer: a phrase or two of the tone, small words by the person's habits.

    Where a conflict is planted (``kind``), the words keep the tone that it contradicts.
    """
    bank, traits = phrase_bank(), person.traits
    pool = list(bank["topics"][topic][tone])
    n_phrases = 1 + int(random.uniform() < 0.30)
    chosen = [str(p) for p in random.choice(pool, size=min(n_phrases, len(pool)), replace=False)]
    # A/H is not always said, and a two-sided sentence is not always A/H.
    two_sided = 0.65 if ambivalent else 0.10 if topic == CHANGE_TOPIC else 0.0
    if random.uniform() < two_sided and kind is None:
        chosen[-1] = str(random.choice(bank["topics"][CHANGE_TOPIC]["a"]))
    hesitation = traits["hesitation"] * (1.8 if ambivalent else 1.0)
    hedges = list(random.permutation(bank["hedges"]))
    for index, phrase in enumerate(chosen):
        if random.uniform() < traits["restarts"] * (1.6 if ambivalent else 1.0):
            phrase = _restart(phrase)
        if random.uniform() < 0.6 * hesitation:
            phrase = _insert(phrase, str(random.choice(bank["mid_fillers"])), random)
        if random.uniform() < traits["hedging"] * (1.5 if ambivalent else 1.0):
            hedge = str(hedges.pop())
            phrase = f"{hedge[0].upper()}{hedge[1:]}, {_uncapital(phrase)}"
        chosen[index] = phrase
    if random.uniform() < traits["first_person"]:
        chosen.append(str(random.choice(bank["first_person"])))
    if random.uniform() < traits["absolutist"]:
        chosen.append(str(random.choice(bank["absolutist"])))
    elif random.uniform() < 0.15:
        chosen.append(str(random.choice(bank["plain"])))
    if random.uniform() < hesitation:
        chosen[0] = f"{random.choice(bank['fillers'])}, {_uncapital(chosen[0])}"
    return chosen


def _uncapital(phrase: str) -> str:
    first = phrase.split(maxsplit=1)[0].strip(",.")
    return phrase if first == "I" else phrase[0].lower() + phrase[1:]


def _restart(phrase: str) -> str:
    """Begin, break off and begin again."""
    words = phrase.split()
    n = 2 if len(words) > 3 else 1
    return f"{' '.join(words[:n]).rstrip(',.')}, {_uncapital(phrase)}"


def _insert(phrase: str, filler: str, random: np.random.Generator) -> str:
    words = phrase.split()
    if len(words) < 4:
        return phrase
    place = int(random.integers(2, len(words) - 1))
    head = " ".join(words[:place]).rstrip(",")
    return f"{head}, {filler}, {' '.join(words[place:])}"
