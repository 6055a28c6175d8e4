"""What the interviewer said before each answer, for a baseline that never hears the participant.

Models that read the interviewer's questions score well on interviews whose course depends on the
answers (DAIC-WOZ): a shortcut, not a skill (Burdisso et al., 2024, arXiv:2404.14463).
No fusion model reads this table by default; ``clinic evaluate`` reports it beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from clinic.features.text.sentence_embedding import SentenceEmbedding
from clinic.features.text.table import segment_table
from clinic.records import (
    Extraction,
    FeatureSpec,
    Modality,
    Recording,
    Role,
    Segment,
    Stamp,
    Transcript,
    Utterance,
)

GROUP = "interviewer"
SOURCE = "Transcript, the interviewer's turns"


@dataclass(frozen=True, kw_only=True)
class InterviewerTurns:
    """Length and sentence embedding of the interviewer's words since the previous answer.

    Args:
        encoder, encoder_sha256, languages: As in ``SentenceEmbedding``.
    """

    encoder: str
    encoder_sha256: str | None
    languages: Sequence[str]
    name: str = "interviewer"

    def __post_init__(self) -> None:
        _ = self._embedding

    @property
    def modality(self) -> Modality:
        """Read from words, though not from the participant's."""
        return Modality.TEXT

    @cached_property
    def _embedding(self) -> SentenceEmbedding:
        return SentenceEmbedding(
            encoder=self.encoder, encoder_sha256=self.encoder_sha256, languages=self.languages
        )

    def specs(self) -> tuple[FeatureSpec, ...]:
        """Words and seconds, then one column per dimension of the embedding."""
        lengths = (("n_words", "1", "words"), ("duration_s", "s", "seconds"))
        return (
            *(
                FeatureSpec(
                    name=name,
                    unit=unit,
                    minimum=0.0,
                    maximum=np.inf,
                    source=SOURCE,
                    group=GROUP,
                    meaning=f"{words} the interviewer spoke before the answer",
                )
                for name, unit, words in lengths
            ),
            *(
                replace(spec, group=GROUP, meaning="what the interviewer's words are about")
                for spec in self._embedding.specs()
            ),
        )

    def stamp(self) -> Stamp:
        """Provenance, with the hash and licence of the encoder's weights."""
        kind = type(self)
        return replace(self._embedding.stamp(), component=f"{kind.__module__}.{kind.__qualname__}")

    def extract(self, recording: Recording, segments: Sequence[Segment]) -> Extraction:
        """Embed what the interviewer said before each segment; NaN where nothing was said."""
        asked = questions(recording.transcript, segments)
        stand_ins = [
            replace(segment, text=" ".join(u.text for u in turns) or None)
            for segment, turns in zip(segments, asked, strict=True)
        ]
        vectors = self._embedding.extract(recording, stand_ins).segments
        lengths = np.array(
            [
                [
                    sum(len(u.text.split()) for u in turns) if turns else np.nan,
                    sum(u.end_s - u.start_s for u in turns) if turns else np.nan,
                ]
                for turns in asked
            ]
        ).reshape(len(segments), 2)
        notes = vectors.notes
        if not any(asked):
            notes += ("no turn of an interviewer in the transcript (interviewer)",)
        table = segment_table(
            name=self.name,
            specs=self.specs(),
            segments=segments,
            values=np.concatenate([lengths, vectors.values], axis=1),
            stamp=self.stamp(),
            notes=notes,
        )
        return Extraction(segments=table)


def questions(
    transcript: Transcript | None, segments: Sequence[Segment]
) -> list[tuple[Utterance, ...]]:
    """Return the interviewer's turns that begin between one segment's start and the next's."""
    if transcript is None:
        return [() for _ in segments]
    turns = [u for u in transcript.utterances if u.speaker is Role.INTERVIEWER]
    edges = [0.0, *(segment.start_s for segment in segments)]
    return [
        tuple(turn for turn in turns if start_s <= turn.start_s < end_s)
        for start_s, end_s in pairwise(edges)
    ]
