"""Scores and items of one participant of DAIC, checked against each other; nothing is guessed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from clinic.datasets.corpus import Finding, FindingKind
from clinic.datasets.daic_labels import N_PCL_ITEMS, PHQ_ITEMS
from clinic.datasets.label_files import finding
from clinic.records import Condition

#: Condition -> prefix of its fields, name of the scale, number of items, range of an item.
_SCALES = {
    Condition.DEPRESSION: ("phq", "PHQ-8", len(PHQ_ITEMS), 0, 3),
    Condition.PTSD: ("pcl", "PCL-C", N_PCL_ITEMS, 1, 5),
}


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores and items that a reference takes, and what was found about them."""

    scores: Mapping[Condition, float]
    items: Mapping[Condition, tuple[float, ...]]
    findings: tuple[Finding, ...]


def scores_of(
    values: Mapping[str, float | str],
    *,
    subject: str,
    phq_cutoff: float,
    wanted: tuple[Condition, ...],
) -> Scores:
    """Settle what one participant's label files say.

    The total of the file is used where it has one, whatever its items or the binary column
    say: those are findings. A missing total is the sum of the items where all are there.

    Args:
        subject: Participant id.
        phq_cutoff: PHQ-8 score from which the binary column is 1.
        wanted: Conditions of which the corpus documents a score.
    """
    scores: dict[Condition, float] = {}
    items: dict[Condition, tuple[float, ...]] = {}
    findings: list[Finding] = []

    def say(kind: FindingKind, text: str) -> None:
        findings.append(finding(kind, subject, text))

    for condition in wanted:
        prefix, name, n_items, low, high = _SCALES[condition]
        answers = tuple(_number(values, f"{prefix}_item_{i + 1}") for i in range(n_items))
        blank = [str(i + 1) for i, answer in enumerate(answers) if math.isnan(answer)]
        total = _number(values, prefix)
        if len(blank) < n_items:
            items[condition] = answers
            if blank:
                say(FindingKind.MISSING, f"{name} item {', '.join(blank)} blank: not observed")
        given = [answer for answer in answers if not math.isnan(answer)]
        least = sum(given) + low * len(blank)
        most = sum(given) + high * len(blank)
        if math.isnan(total) and not blank:
            total = float(sum(given))
            say(FindingKind.REPAIRED, f"no {name} score: the sum of its items {total:g} is used")
        elif given and not math.isnan(total) and not least <= total <= most:
            found = f"{least:g}" if not blank else f"{least:g} to {most:g} (with blanks)"
            say(
                FindingKind.CONTRADICTION,
                f"{name} items sum to {found}, the score is {total:g}: the score is used",
            )
        if math.isnan(total):
            say(FindingKind.MISSING, f"no {name} score: the participant stays, without it")
        else:
            scores[condition] = total
    binary = _number(values, "phq_binary")
    score = scores.get(Condition.DEPRESSION, math.nan)
    if not math.isnan(binary + score) and (score >= phq_cutoff) != (binary == 1):
        say(
            FindingKind.CONTRADICTION,
            f"binary PHQ-8 label {binary:g}, score {score:g} (cut-off {phq_cutoff:g}): the score "
            "is used (phq_cutoff)",
        )
    elif not math.isnan(binary) and math.isnan(score):
        say(FindingKind.MISSING, "a binary PHQ-8 label without a score: not used")
    return Scores(scores=scores, items=items, findings=tuple(findings))


def no_cutoff_explains(labels: Mapping[int, Mapping[str, float | str]]) -> list[Finding]:
    """Return a finding where no cut-off of the PCL-C score gives the binary PTSD column.

    The cut-off behind that column is not documented, so that only its existence can be checked.
    """
    pairs = [(_number(v, "pcl"), _number(v, "pcl_binary")) for v in labels.values()]
    lowest = min((score for score, label in pairs if label == 1), default=math.inf)
    above = [score for score, label in pairs if label == 0 and score >= lowest]
    if not above or math.isinf(lowest):
        return []
    text = (
        f"no cut-off of the PCL-C score gives the binary PTSD label: the lowest score labelled 1 "
        f"is {lowest:g}, {len(above)} labelled 0 score as high or higher; the score is used"
    )
    return [finding(FindingKind.CONTRADICTION, "PCL-C", text)]


def _number(values: Mapping[str, float | str], field: str) -> float:
    value = values.get(field, math.nan)
    return value if isinstance(value, int | float) else math.nan
