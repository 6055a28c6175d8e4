"""Where voice and face are voted differently: which of them do people follow who have both?"""

import numpy as np
from numpy.typing import NDArray

from clinic.inconsistency.readers.emotions import EMOTIONS
from clinic.validation.pages.text import number
from clinic.validation.study import Finding, Table
from clinic.validation.study_intervals import (
    Weighted,
    weighted_area,
    weighted_correlation,
    weighted_interval,
    weighted_mean,
)
from clinic.validation.votes.data import ClipVotes
from clinic.validation.votes.draws import divergences, entropies, majorities, shares

Floats = NDArray[np.float64]
Answers = NDArray[np.bool_]

SOURCE = "Cao et al. (2014), doi:10.1109/TAFFC.2014.2336244, tabulated votes"


def followed_findings(votes: ClipVotes, *, n_draws: int, seed: int) -> tuple[Finding, ...]:
    """Return how often the face is followed, what tells which one is, and the mixing weight."""
    voice, face, both = shares(votes.voice), shares(votes.face), shares(votes.both)
    differs, follows_face, follows_one = _followed(votes)
    certainty = entropies(voice) - entropies(face)
    everything = np.ones(len(votes.clips), dtype=bool)

    def finding(
        what: str,
        rows: Answers,
        statistic: Weighted,
        *,
        reference: float | None,
        source: str,
        note: str,
    ) -> Finding:
        actors = [a for a, is_kept in zip(votes.actors, rows, strict=True) if is_kept]
        value, low, high = weighted_interval(actors, statistic, n_draws=n_draws, seed=seed)
        return Finding(
            what=what, value=value, low=low, high=high, n=int(rows.sum()),
            of="clips, 91 actors drawn", reference=reference, reference_source=source, note=note,
        )  # fmt: skip

    return (
        finding(
            "where they differ: those who hear and see vote as those who only see (share)",
            differs,
            weighted_mean(follows_face[differs].astype(float)),
            reference=0.624,
            source=SOURCE,
            note="a shared first place among those who hear and see counts against the face",
        ),
        finding(
            "there: entropy of the voice's votes above the face's tells that the face is followed "
            "(area under ROC)",
            follows_one,
            weighted_area(follows_face[follows_one], certainty[follows_one]),
            reference=0.5,
            source="chance",
            note="clips where one of the two is followed; three different groups of raters",
        ),
        finding(
            "weight of the face in the mix of voice and face that comes closest to those who have "
            "both (least squares)",
            everything,
            mixing_weight(voice, face, both),
            reference=0.5,
            source="both alike",
            note="0 is the voice alone, 1 the face alone; votes of 10 people are noisy, which "
            "pulls it towards one half",
        ),
        finding(
            "the same where the majorities differ",
            differs,
            mixing_weight(voice[differs], face[differs], both[differs]),
            reference=0.5,
            source="both alike",
            note="",
        ),
        finding(
            "divergence of voice and face against entropy among those who have both (Pearson)",
            everything,
            weighted_correlation(divergences(votes.voice, votes.face), entropies(both)),
            reference=0.0,
            source="chance",
            note="above 0: where voice and face diverge, those who have both agree less",
        ),
    )


def mixing_weight(voice: Floats, face: Floats, both: Floats) -> Weighted:
    """Return the w of least squares of ``both - (w face + (1 - w) voice)``."""
    pull = ((both - voice) * (face - voice)).sum(axis=1)
    room = ((face - voice) ** 2).sum(axis=1)

    def statistic(weights: Floats) -> Floats:
        total = weights @ room
        return np.asarray(np.where(total > 0, weights @ pull / np.maximum(total, 1e-12), np.nan))

    return statistic


def followed_table(votes: ClipVotes) -> Table:
    """Return, by what the face shows, how often the face and how often the voice is followed."""
    face, voice, both = (majorities(v) for v in (votes.face, votes.voice, votes.both))
    differs, follows_face, _ = _followed(votes)
    rows = []
    for code, emotion in enumerate(EMOTIONS):
        by_face, by_voice = differs & (face == code), differs & (voice == code)
        rows.append(
            (
                emotion,
                f"{int(by_face.sum()):,}",
                _shown(follows_face[by_face]),
                f"{int(by_voice.sum()):,}",
                _shown((both == voice)[by_voice]),
            )
        )
    return Table(
        title="Which one is followed, by emotion",
        columns=(
            "emotion", "clips in which the face alone says so", "face followed",
            "clips in which the voice alone says so", "voice followed",
        ),
        rows=tuple(rows),
        note="Clips whose majorities of voice and face differ. Shares without interval.",
    )  # fmt: skip


def _followed(votes: ClipVotes) -> tuple[Answers, Answers, Answers]:
    """Return whether majorities differ, whether the face is followed, whether one of them is."""
    face, voice, both = (majorities(v) for v in (votes.face, votes.voice, votes.both))
    differs = (face >= 0) & (voice >= 0) & (face != voice)
    return differs, both == face, differs & ((both == face) | (both == voice))


def _shown(answers: Answers) -> str:
    return number(float(answers.mean())) if len(answers) else number(float("nan"))
