"""Which label in a transcript is which role. Nothing is guessed."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from clinic.errors import DataError
from clinic.records import Role

#: Labels that machines give. Others may be names and are not repeated in messages.
_MACHINE_LABEL = re.compile(r"([a-z]|(speaker|spk|ch|channel|s)[ _-]?\d{1,3})", re.IGNORECASE)


def folded(label: str) -> str:
    """Return a label as it is compared: case, spaces and a final colon do not count."""
    text = unicodedata.normalize("NFKC", label).strip().rstrip(":").strip()
    return " ".join(text.casefold().split())


def roles_of(
    labels: Iterable[str],
    *,
    participant_names: Sequence[str],
    interviewer_names: Sequence[str],
    participant_speaker: str | None,
) -> Mapping[str, Role]:
    """Give every label its role.

    Args:
        participant_speaker: The participant's label in this very transcript (manifest): then
            every other label is an interviewer.

    Raises:
        DataError: A label that no setting knows, or none that is the participant.
    """
    labels = sorted(set(labels))
    if participant_speaker is not None:
        own = folded(participant_speaker)
        roles = {
            label: Role.PARTICIPANT if folded(label) == own else Role.INTERVIEWER
            for label in labels
        }
        setting = "manifest column participant_speaker"
    else:
        participants = {folded(name) for name in participant_names}
        interviewers = {folded(name) for name in interviewer_names}
        unknown = [label for label in labels if folded(label) not in participants | interviewers]
        if unknown:
            raise DataError(
                f"transcript: {_shown(unknown)} neither participant nor interviewer "
                "(transcripts.participant_names, transcripts.interviewer_names, or the manifest "
                "column participant_speaker)"
            )
        roles = {
            label: Role.PARTICIPANT if folded(label) in participants else Role.INTERVIEWER
            for label in labels
        }
        setting = "transcripts.participant_names"
    if labels and Role.PARTICIPANT not in roles.values():
        raise DataError(f"transcript holds no turn of the participant ({setting})")
    return roles


def _shown(labels: Sequence[str]) -> str:
    if all(_MACHINE_LABEL.fullmatch(label.strip()) for label in labels):
        return f"speaker {', '.join(labels)} {'is' if len(labels) == 1 else 'are'}"
    # A label may be a person's name.
    return f"{len(labels)} speaker label{'s' if len(labels) > 1 else ''} (not shown) are"
