"""Raters of each modality in two halves that share nobody."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinic.validation.votes.data import ClipVotes
from clinic.validation.votes.draws import counted, majorities, shuffled

Counts = NDArray[np.int64]
Answers = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Halves:
    """One random split of the raters of every clip.

    Args:
        voice_laid, face_laid: From ``shuffled``; the first ``n_voice`` and ``n_face`` raters of
            a clip are the half that is measured, those behind them the half to compare with.
        voice, face: Shape (n_clips, n_emotions), votes of the half that is measured.
        voice_majority, face_majority: Shape (n_clips,), of the other half; -1 without one.
    """

    actors: tuple[str, ...]
    voice_laid: Counts
    face_laid: Counts
    n_voice: Counts
    n_face: Counts
    voice: Counts
    face: Counts
    voice_majority: Counts
    face_majority: Counts

    @property
    def has_reference(self) -> Answers:
        """Clips in which the other half has a majority in both modalities."""
        return (self.voice_majority >= 0) & (self.face_majority >= 0)

    @property
    def differs(self) -> Answers:
        """Whether those majorities differ; counts only where there is a reference."""
        return self.voice_majority != self.face_majority

    def actors_of(self, kept: Answers) -> list[str]:
        """Return the actors of the kept clips."""
        return [actor for actor, is_kept in zip(self.actors, kept, strict=True) if is_kept]

    def first_raters(self, n_raters: int) -> tuple[Counts, Counts]:
        """Return the votes of so many raters a modality, voice and face."""
        nobody = np.zeros(len(self.actors), dtype=np.int64)
        n_emotions = self.voice.shape[1]
        last = nobody + n_raters
        return (
            counted(self.voice_laid, nobody, last, n_emotions),
            counted(self.face_laid, nobody, last, n_emotions),
        )


def halves_of(votes: ClipVotes, generator: np.random.Generator) -> Halves:
    """Split the raters of every clip; with an odd number the measured half has one more."""
    nobody = np.zeros(len(votes.clips), dtype=np.int64)
    n_emotions = votes.voice.shape[1]
    parts = {}
    for kind, counts in (("voice", votes.voice), ("face", votes.face)):
        laid, everybody = shuffled(counts, generator), counts.sum(axis=1)
        n_measured = everybody - everybody // 2
        other = counted(laid, n_measured, everybody, n_emotions)
        parts[kind] = (
            laid,
            n_measured,
            counted(laid, nobody, n_measured, n_emotions),
            majorities(other),
        )
    voice, face = parts["voice"], parts["face"]
    return Halves(
        actors=votes.actors,
        voice_laid=voice[0],
        face_laid=face[0],
        n_voice=voice[1],
        n_face=face[1],
        voice=voice[2],
        face=face[2],
        voice_majority=voice[3],
        face_majority=face[3],
    )
