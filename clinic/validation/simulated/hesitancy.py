"""Hesitancy and ambivalence in simulated interviews, against the moments that show them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clinic.validation.simulated.cohort import Answers, Interview, hesitant, rated_moments
from clinic.validation.simulated.moment_scores import score_findings, stretch_findings
from clinic.validation.study import Finding


def hesitancy_findings(
    answers: Answers,
    interviews: Sequence[Interview],
    cohort: Path,
    columns: Sequence[str],
    *,
    n_draws: int,
    seed: int,
) -> tuple[Finding, ...]:
    """Return how well columns, and stretches of the same kind, find the moments rated as A/H.

    Args:
        columns: Those that are not in the table are passed over.
    """
    rated = rated_moments(cohort)
    shown = hesitant(interviews, rated)
    known = np.isfinite(shown)
    there = [name for name in columns if name in answers.columns]
    if not known.any() or not there:
        return ()
    scores = score_findings(
        {f"A/H, {name}": answers.columns[name][known] for name in there},
        shown[known] == 1,
        [p for p, is_known in zip(answers.participants, known, strict=True) if is_known],
        n_draws=n_draws,
        seed=seed,
    )
    marked = [
        [(m.start_s, m.end_s) for m in rated.get(i.recording_id, ()) if m.shown] for i in interviews
    ]
    tables = [i.signals.segments for i in interviews]
    spoken = [list(zip(t.start_s.tolist(), t.end_s.tolist(), strict=True)) for t in tables]
    found: list[Finding] = []
    for kind in there:
        stretches = [
            [(s.start_s, s.end_s) for s in i.signals.stretches if s.kind == kind]
            for i in interviews
        ]
        if any(stretches):
            found += stretch_findings(
                f"A/H, {kind}",
                stretches,
                marked,
                spoken,
                [i.participant_id for i in interviews],
                n_draws=n_draws,
                seed=seed,
            )
    return (*scores, *found)
