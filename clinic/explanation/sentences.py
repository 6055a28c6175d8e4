"""The strongest contributions in plain words."""

from collections.abc import Sequence

from clinic.explanation.players import NOT_OBSERVED
from clinic.records import Contribution, Modality

SUBJECTS = {
    Modality.TEXT: "Words",
    Modality.VOICE: "Voice",
    Modality.FACE: "Face",
    Modality.CROSS: "Disagreement",
}


def sentences(
    contributions: Sequence[Contribution], scale_name: str, unit: str, n_sentences: int
) -> tuple[str, ...]:
    """Return one sentence for each of the strongest contributions, strongest first.

    Example:
        >>> from clinic.records import Modality
        >>> pause = Contribution(modality=Modality.VOICE, group="pausing", feature="pause_share",
        ...     meaning="share of speech that is pause", value=1.24, observed=0.31,
        ...     typical=0.18)
        >>> sentences([pause], "PHQ-8", "points", 1)[0]
        'Voice, share of speech that is pause (0.31, typical 0.18): raises PHQ-8 by 1.2 points.'
    """
    strongest = sorted(contributions, key=lambda c: -abs(c.value))[:n_sentences]
    return tuple(_sentence(c, scale_name, unit) for c in strongest if c.value != 0.0)


def _sentence(item: Contribution, scale_name: str, unit: str) -> str:
    effect = "raises" if item.value > 0 else "lowers"
    digits = 1 if abs(item.value) >= 1 else 2
    amount = f"{effect} {scale_name} by {abs(item.value):.{digits}f} {unit}"
    subject = SUBJECTS[item.modality]
    if item.feature == NOT_OBSERVED:
        return f"{subject}, not observed: {amount}."
    if item.observed is None or item.typical is None:
        return f"{subject}, {item.meaning}: {amount}."
    measured = f"{item.observed:.3g}, typical {item.typical:.3g}"
    if item.unit != "1":
        measured += f" {item.unit}"
    return f"{subject}, {item.meaning} ({measured}): {amount}."
