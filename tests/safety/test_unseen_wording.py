"""Recall on wording that the phrases were never fitted to: what a reader may and may not expect.

The sentences were written once, after the phrases, and the phrases were not changed for them.
A change of the phrases that was made to please this list would make the numbers worthless.
"""

from pathlib import Path

from omegaconf import OmegaConf

from clinic.config import build
from clinic.records import Role, Segment

CONF = Path(__file__).resolve().parents[2] / "conf" / "safety" / "default.yaml"

EXPLICIT = [
    "There were nights when I was praying I would die in my sleep.",
    "Honestly I was hoping I'd just never wake up again.",
    "I remember wishing I was dead when the letter came.",
    "I have been thinking about killing myself for weeks.",
    "He stopped me before I could hang myself.",
    "I'd saved up the pills, I was going to take all of them.",
    "My plan was to drive off the cliff road.",
    "I was this close to throwing myself under a train.",
    "I've attempted suicide twice.",
    "I'd got to the point where I wanted to end everything.",
    "I honestly feel everyone would be happier without me.",
    "Nobody would miss me if I was gone.",
    "I just don't see a reason to live.",
    "I'm so tired of being alive.",
    "I don't wanna exist.",
    "Part of me would rather be dead than feel like this.",
    "I started hurting myself again in March.",
    "When I'm stressed I cut my thighs.",
    "I've burned my arms with a lighter.",
    "I scratch my arms until they bleed.",
    "I keep having these suicidal ideas.",
    "I overdosed on my antidepressants last spring.",
    "I thought about ending things for good.",
    "I was ready to take my life.",
    "I felt life just wasn't worth it, not worth living.",
    "I ask myself why I am alive, I shouldn't be alive.",
    "I can't go on living like this.",
    "I was standing at the edge of the platform ready to jump.",
    "It got so bad that I wanted to shoot myself.",
    "I bought a rope and wrote a goodbye letter to my wife.",
]

VEILED = [
    "I just want it all to stop.",
    "I can't see myself being around at Christmas.",
    "I've been giving my things away, I won't need them.",
    "I want to go to sleep forever.",
    "It would be easier for them if I disappeared.",
    "I don't see a future with me in it.",
    "I want to be with my late husband soon.",
    "Some days I don't look when I cross the road.",
    "I've got the tablets ready in the drawer.",
    "I've made my peace, I know when it's going to happen.",
]


def recall(sentences: list[str]) -> tuple[int, list[str]]:
    """Return how many sentences raised a notice, and those that did not."""
    scanner = build(OmegaConf.load(CONF))
    missed = []
    for text in sentences:
        segment = Segment(
            index=0, start_s=0.0, end_s=1.0, speaker=Role.PARTICIPANT,
            origin="utterance", text=text,
        )  # fmt: skip
        if not scanner.notices([segment], "en").notices:
            missed.append(text)
    return len(sentences) - len(missed), missed


def test_explicit_wording_is_mostly_found() -> None:
    found, missed = recall(EXPLICIT)
    assert found >= 27, missed


def test_veiled_wording_is_not_found_and_the_docs_say_so() -> None:
    found, _ = recall(VEILED)
    text = (CONF.parents[2] / "docs" / "safety.md").read_text(encoding="utf-8")
    assert f"{found} of {len(VEILED)} veiled" in text
