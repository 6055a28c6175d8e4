"""Voice readings against what actors meant and listeners heard (EmoDB)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.errors import SetupError
from clinic.inconsistency import ProsodicArousal, VoiceAffect
from clinic.records import Extractor
from clinic.validation.study import StudyResult, Table
from clinic.validation.training.voice_fit import VoiceRecipe
from clinic.validation.voice.degrading import CLEAN, Condition
from clinic.validation.voice.emodb import ACTED, read_emodb
from clinic.validation.voice.features import measured, voices_of
from clinic.validation.voice.findings import (
    Setting,
    arousal_findings,
    arousal_table,
    emotion_findings,
    people_findings,
    recall_table,
    rule_arousal,
)
from clinic.validation.voice.folds import fold_heads, unheard
from clinic.validation.voice.interviews import interviews_read


@dataclass(frozen=True, kw_only=True)
class VoiceStudy:
    """How well acted emotions are read from voices that were never heard in training.

    Args:
        folder: Below the data folder.
        extractors: The shipped eGeMAPS component, by name.
        reader: The shipped reader; its heads are replaced by those of each fold.
        rule: The rule that the arousal head is compared with.
        recipe: How the shipped heads were made.
        conditions: What the voices are heard through; the first is clean.
        mixture_size, neutral_share: A made-up interview of a speaker's utterances.
        n_draws: Draws of speakers for an interval.
    """

    folder: str
    extractors: Mapping[str, Extractor]
    reader: VoiceAffect
    rule: ProsodicArousal
    recipe: VoiceRecipe
    conditions: Sequence[Condition]
    mixture_size: int
    neutral_share: float
    n_draws: int
    seed: int

    def __post_init__(self) -> None:
        if not self.conditions or self.conditions[0] != CLEAN:
            raise SetupError("the first condition of the voice study must be clean (conditions)")

    @property
    def name(self) -> str:
        """File name of the page."""
        return "voice"

    @property
    def title(self) -> str:
        """Heading of the page."""
        return "Voice: acted emotions and arousal"

    @property
    def needs(self) -> tuple[str, ...]:
        """EmoDB."""
        return (self.folder,)

    @property
    def about(self) -> str:
        """What is compared with what."""
        trained = ", ".join(condition.name for condition in self.recipe.conditions)
        return (
            "535 utterances of EmoDB: ten German actors, seven emotions, ten sentences. Copies of "
            "the corpus differ in length; one that is in circulation is cut to 2 s each. Each "
            "speaker is read by heads that were trained on the nine others with the code and the "
            "settings of the shipped heads; the shipped heads themselves heard all ten and are "
            "not what is measured here. A speaker's own neutral voice is found without any "
            "label. All recipes were looked at on these ten speakers while they were made, so "
            "that the figures are somewhat too good.\n\n"
            f"Copies of the training speakers: {trained}. Test speakers are heard through "
            f"{', '.join(c.name for c in self.conditions)}; babble is made of the other speakers "
            "and is never trained on. A speaker is heard through one condition throughout, as in "
            "one interview.\n\n"
            "Intervals draw the ten speakers again "
            f"({self.n_draws:,} draws): they speak about actors like these ten, and with ten "
            "people such intervals are too narrow more often than 5 times in 100. Seed "
            f"{self.seed}."
        )

    def run(self, data: Path) -> StudyResult:
        """Measure."""
        utterances = read_emodb(data / self.folder)
        wanted = {c.name: c for c in (*self.conditions, *self.recipe.conditions)}
        extractor = self._extractor()
        heard = measured(utterances, tuple(wanted.values()), extractor, seed=self.recipe.seed)
        voices = voices_of(utterances, heard, self.recipe.left_out)
        names = [condition.name for condition in self.conditions]
        heads = fold_heads(self.recipe, voices)
        read = unheard(self.recipe, voices, names, heads)
        clean_only = replace(self.recipe, conditions=(CLEAN,))
        plain = unheard(clean_only, voices, names)
        rule = {name: rule_arousal(self.rule, heard[name]) for name in names}
        setting = Setting(voices=voices, n_draws=self.n_draws, seed=self.seed)
        people = interviews_read(
            self.reader,
            heads,
            voices,
            heard[CLEAN.name],
            size=self.mixture_size,
            neutral_share=self.neutral_share,
            seed=self.seed,
        )
        emotion = emotion_findings(setting, read[CLEAN.name])
        arousal = arousal_findings(setting, read, rule)
        return StudyResult(
            findings=(*emotion, *arousal, *people_findings(setting, people)),
            verdict=(
                "Seven acted emotions of an unheard actor are named right in "
                f"{emotion[0].value:.0%} of cases, averaged over emotions (chance 14 %). Roused "
                "against calm is told far better: area "
                f"{arousal[0].value:.2f} within a speaker. The emotion probabilities are a weak "
                "sign, worse in noise and for people who show few moods; arousal is what the "
                "voice is good for. Nothing here was measured on interviews."
            ),
            untested=(
                "spontaneous speech and interviews: all emotion here is acted",
                "patients",
                "languages other than German, for which the heads were trained",
                "loudness as a cue: EmoDB was levelled utterance by utterance",
                "noise that changes within a recording",
                "utterances that fewer than 80 % of listeners recognised: not in the corpus",
            ),
            tables=(
                recall_table(setting, read, plain),
                arousal_table(setting, read, plain, rule),
                _confusions(setting, np.argmax(read[CLEAN.name].probabilities, axis=1)),
            ),
        )

    def _extractor(self) -> Extractor:
        if self.reader.table not in self.extractors:
            raise SetupError(f"the voice study needs {self.reader.table} (extractors)")
        return self.extractors[self.reader.table]


def _confusions(setting: Setting, guessed: NDArray[np.intp]) -> Table:
    emotions = setting.voices.emotions
    shares = [
        [float(np.mean(guessed[emotions == i] == j)) for j in range(len(ACTED))]
        for i in range(len(ACTED))
    ]
    return Table(
        title="What each acted emotion is read as (clean, share of utterances)",
        columns=("acted", *ACTED),
        rows=tuple(
            (name, *(f"{share:.2f}" for share in row))
            for name, row in zip(ACTED, shares, strict=True)
        ),
    )
