"""Numbers and tables of the voice study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency import ProsodicArousal
from clinic.inconsistency.readers.emotions import EMOTIONS
from clinic.records import Extraction, Segment
from clinic.validation.study import Finding, Table
from clinic.validation.study_intervals import (
    Weighted,
    weighted_correlation,
    weighted_interval,
    weighted_mean,
)
from clinic.validation.training.voice_rows import Voices
from clinic.validation.voice.emodb import ACTED
from clinic.validation.voice.folds import Read
from clinic.validation.voice.interviews import NEUTRAL_AND_SAD, NEUTRAL_ONLY, Interview
from clinic.validation.voice.scores import average_recall, speaker_areas

Floats = NDArray[np.float64]

_ROWS = "utterances, 10 speakers drawn"


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """What every number rests on."""

    voices: Voices
    n_draws: int
    seed: int

    def interval(self, statistic: Weighted) -> tuple[float, float, float]:
        """Return value, low and high of a statistic of all utterances."""
        return weighted_interval(
            self.voices.speakers.tolist(), statistic, n_draws=self.n_draws, seed=self.seed
        )

    def over_speakers(self, values: Mapping[str, float]) -> tuple[float, float, float]:
        """Return the mean over speakers with its interval."""
        known = {name: value for name, value in values.items() if np.isfinite(value)}
        if not known:
            return float("nan"), float("nan"), float("nan")
        return weighted_interval(
            list(known),
            weighted_mean(np.array(list(known.values()))),
            n_draws=self.n_draws,
            seed=self.seed,
        )


def rule_arousal(
    rule: ProsodicArousal, heard: Mapping[str, tuple[tuple[Segment, ...], Extraction]]
) -> Floats:
    """Return arousal by rule, each speaker by themself, in the order of the utterances."""
    return np.concatenate([rule.arousal(found.segments) for _, found in heard.values()])


def emotion_findings(setting: Setting, read: Read) -> tuple[Finding, ...]:
    """Return recall, agreement with listeners and calibration, clean sound."""
    emotions = setting.voices.emotions
    guessed = np.argmax(read.probabilities, axis=1)
    intended = read.probabilities[np.arange(len(emotions)), emotions]
    surest = read.probabilities.max(axis=1)
    right = (guessed == emotions).astype(np.float64)
    n = len(emotions)
    first = _finding(
        setting.interval(average_recall(emotions, guessed)),
        "seven acted emotions, unweighted average recall, clean",
        n=n,
        reference=0.709,
        reference_source="RBF machine on the same features, scores against each speaker's mean",
        note="the reference knows that every speaker acts all seven emotions, these heads do not",
    )
    return (
        first,
        _finding(
            setting.interval(weighted_correlation(intended, setting.voices.recognised)),
            "probability of the acted emotion against the share of listeners who named it (r)",
            n=n,
            note="only utterances that at least 80 % of listeners recognised are in the corpus: "
            "there is hardly anything to correlate with",
        ),
        _finding(
            setting.interval(weighted_mean(surest - right)),
            "probability of the likeliest emotion less the share in which it is right",
            n=n,
            reference=0.0,
            reference_source="calibrated probabilities",
            note="above 0: too sure of itself; without listeners' disagreement, as all "
            "utterances were clear ones",
        ),
    )


def arousal_findings(
    setting: Setting, read: Mapping[str, Read], rule: Mapping[str, Floats]
) -> tuple[Finding, ...]:
    """Return areas of head and rule, clean, and their difference in every condition."""
    voices = setting.voices
    areas = {c: speaker_areas(voices.speakers.tolist(), voices.emotions, r.arousal)
             for c, r in read.items()}  # fmt: skip
    rules = {c: speaker_areas(voices.speakers.tolist(), voices.emotions, a)
             for c, a in rule.items()}  # fmt: skip
    n = len(set(voices.speakers.tolist()))
    found = [
        _finding(
            setting.over_speakers(areas["clean"]),
            "roused (anger, fear, joy) against calm (sadness, boredom, neutral), head, area "
            "within a speaker, clean",
            n=n,
            of="speakers",
            reference=0.5,
            reference_source="chance",
        ),
        _finding(
            setting.over_speakers(rules["clean"]),
            "the same by the rule of pitch, loudness and brightness",
            n=n,
            of="speakers",
            note="unfair to the rule: a third of it is loudness, which levelling took out of EmoDB",
        ),
    ]
    for condition in read:
        gaps = {s: areas[condition][s] - rules[condition][s] for s in areas[condition]}
        found.append(
            _finding(
                setting.over_speakers(gaps),
                f"area of the head less area of the rule, {condition}",
                n=n,
                of="speakers",
            )
        )
    return tuple(found)


def people_findings(setting: Setting, people: Sequence[Interview]) -> tuple[Finding, ...]:
    """Return what is read of people who do not act seven emotions."""

    def gap(kind: str, emotion: str, what: str) -> Finding:
        gaps = {
            person.speaker: _mean(
                person.probabilities[person.emotions == ACTED.index(emotion), place]
            )
            - _mean(person.probabilities[person.emotions != ACTED.index(emotion), place])
            for place in [EMOTIONS.index(emotion)]
            for person in people
            if person.kind == kind
        }
        return _of_people(setting, gaps, what, reference=0.0)

    calm = {
        person.speaker: _mean(person.probabilities[:, EMOTIONS.index("neutral")])
        for person in people
        if person.kind == NEUTRAL_ONLY
    }
    some = ("anger", "fear", "joy", "sadness", "disgust")
    return (
        _of_people(
            setting,
            calm,
            "a person who speaks neutrally throughout: mean probability of neutral",
            reference=1 / len(EMOTIONS),
        ),
        gap(
            NEUTRAL_AND_SAD,
            "sadness",
            "a person half neutral, half sad: probability of sadness, sad less neutral utterances",
        ),
        *(
            gap(
                f"mostly neutral, some {emotion}",
                emotion,
                f"mostly neutral, some {emotion}: its probability where it is acted less elsewhere",
            )
            for emotion in some
        ),
    )


def _of_people(
    setting: Setting, values: Mapping[str, float], what: str, *, reference: float
) -> Finding:
    n_read = sum(np.isfinite(value) for value in values.values())
    return _finding(
        setting.over_speakers(values),
        what,
        n=int(n_read),
        of="speakers",
        reference=reference,
        reference_source="chance",
        note=f"the reader said something about {n_read} of {len(values)} made-up people",
    )


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def recall_table(setting: Setting, read: Mapping[str, Read], plain: Mapping[str, Read]) -> Table:
    """Return recall by condition, trained with and without copies."""
    return Table(
        title="Unweighted average recall of seven emotions by condition",
        columns=("heard through", "trained with copies", "trained on clean sound alone"),
        rows=tuple(
            (c, _text(_recall(setting, read[c])), _text(_recall(setting, plain[c]))) for c in read
        ),
        note="95 % intervals over speakers; chance is .143",
    )


def arousal_table(
    setting: Setting,
    read: Mapping[str, Read],
    plain: Mapping[str, Read],
    rule: Mapping[str, Floats],
) -> Table:
    """Return areas of arousal by condition: head, head without copies, rule."""
    voices = setting.voices

    def cell(arousal: Floats) -> str:
        areas = speaker_areas(voices.speakers.tolist(), voices.emotions, arousal)
        return _text(setting.over_speakers(areas))

    return Table(
        title="Arousal: area under the ROC curve within a speaker",
        columns=("heard through", "head", "head, clean sound alone", "rule"),
        rows=tuple((c, cell(read[c].arousal), cell(plain[c].arousal), cell(rule[c])) for c in read),
        note="mean over speakers, 95 % intervals over speakers",
    )


def _recall(setting: Setting, read: Read) -> tuple[float, float, float]:
    guessed = np.argmax(read.probabilities, axis=1)
    return setting.interval(average_recall(setting.voices.emotions, guessed))


def _finding(
    interval: tuple[float, float, float],
    what: str,
    *,
    n: int,
    of: str = _ROWS,
    reference: float | None = None,
    reference_source: str = "",
    note: str = "",
) -> Finding:
    value, low, high = interval
    return Finding(
        what=what,
        value=value,
        low=low,
        high=high,
        n=n,
        of=of,
        reference=reference,
        reference_source=reference_source,
        note=note,
    )


def _text(interval: tuple[float, float, float]) -> str:
    return "{:.3f} [{:.3f}, {:.3f}]".format(*interval)
