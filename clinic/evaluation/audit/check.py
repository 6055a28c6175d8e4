"""What an audit says: one record per check, and the verdict over all of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from clinic.errors import SetupError


class Verdict(StrEnum):
    """Outcome of one check."""

    PASS = "pass"
    WARN = "warn"  # a person must look; the evaluation may still be sound
    FAIL = "FAIL"  # numbers from this table and split flatter the model
    NOT_POSSIBLE = "not possible"  # the check could not be made; the sentence says why


@dataclass(frozen=True, kw_only=True)
class AuditCheck:
    """One check.

    Args:
        statistic: What was measured; NaN where nothing could be.
        unit: What the statistic counts or where its chance lies, in words.
        interval: 95 % interval, None where the statistic is a plain count.
        chance: Value without any leak, None where the statistic has none.
        sentence: What was found, in plain words.
        advice: What to do about it; empty after a pass.
        details: Further findings as (name, value), strongest first.
    """

    name: str
    verdict: Verdict
    statistic: float
    unit: str
    sentence: str
    interval: tuple[float, float] | None = None
    chance: float | None = None
    advice: str = ""
    details: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what a JSON file holds; a number that is not known is null."""
        return {
            "name": self.name,
            "verdict": str(self.verdict),
            "statistic": _number(self.statistic),
            "interval": [_number(end) for end in self.interval] if self.interval else None,
            "chance": self.chance,
            "unit": self.unit,
            "sentence": self.sentence,
            "advice": self.advice,
            "details": {name: _number(value) for name, value in self.details},
        }


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """All checks of one table and split, procedure or metric.

    Args:
        subject: What was audited: a name, never a local path.
        sizes: Counts such as participants, recordings, rows, columns and folds.
    """

    subject: str
    checks: tuple[AuditCheck, ...]
    sizes: Mapping[str, int]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict; a check that was not possible weighs like a warning."""
        found = {check.verdict for check in self.checks}
        if Verdict.FAIL in found:
            return Verdict.FAIL
        return Verdict.WARN if found - {Verdict.PASS} else Verdict.PASS

    @property
    def failed(self) -> tuple[AuditCheck, ...]:
        """Checks that failed."""
        return tuple(check for check in self.checks if check.verdict is Verdict.FAIL)

    def require_pass(self) -> None:
        """Stop an evaluation whose numbers would flatter.

        Raises:
            SetupError: A check failed.
        """
        if self.failed:
            words = "; ".join(f"{check.name}: {check.sentence}" for check in self.failed)
            raise SetupError(f"leakage audit of {self.subject} failed: {words} (audit)")

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``audit.json`` as plain values."""
        return {
            "subject": self.subject,
            "verdict": str(self.verdict),
            "sizes": dict(self.sizes),
            "checks": [check.to_dict() for check in self.checks],
        }

    def to_json(self) -> str:
        """Return the content of ``audit.json``."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"


def joined(subject: str, reports: Sequence[AuditReport]) -> AuditReport:
    """Put several reports into one: table, procedures and metrics of one evaluation."""
    sizes = {key: value for report in reports for key, value in report.sizes.items()}
    checks = tuple(check for report in reports for check in report.checks)
    return AuditReport(subject=subject, checks=checks, sizes=sizes)


def not_possible(name: str, why: str) -> AuditCheck:
    """A check that could not be made, with the reason."""
    return AuditCheck(
        name=name,
        verdict=Verdict.NOT_POSSIBLE,
        statistic=float("nan"),
        unit="",
        sentence=f"Not checked: {why}.",
        advice="Make the check possible, or say in the report that it was not made.",
    )


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
