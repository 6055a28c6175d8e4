"""A contender of an evaluation as an audited procedure: fit, calibrate, estimate."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clinic.evaluation.audit.cases import audit_fit
from clinic.evaluation.audit.check import AuditReport
from clinic.evaluation.audit.data import Floats
from clinic.fusion import ParticipantSplit
from clinic.records import Case, Reference

if TYPE_CHECKING:
    from clinic.evaluation.study.contender import Contender
    from clinic.evaluation.study.data import StudyData


def audit_contender(
    contender: "Contender",
    data: "StudyData",
    split: ParticipantSplit,
    *,
    subject: str,
    seed: int = 0,
) -> AuditReport:
    """Seal one fold: five fits with other test participants must estimate training cases alike.

    Args:
        split: One fold; the smallest will do.
        subject: Name of the contender.
    """

    def fit_and_estimate(
        cases: Sequence[Case], references: Mapping[str, Reference], asked: Sequence[Case]
    ) -> Floats:
        from clinic.evaluation.study.data import StudyData

        given = StudyData(cases=tuple(cases), references=references)
        found = contender.fit(given, split, seed=seed).predict(asked, given)
        return np.concatenate(
            [np.concatenate([p.probabilities.ravel(), p.score]) for p in found.values()]
        )

    return audit_fit(
        fit_and_estimate, split, data.cases, data.references, subject=subject, seed=seed
    )
