"""How good the shipped model is on simulated interviews that it has never met.

Run:
    clinic simulate --out COHORT --participants 60 --seed 2027 interview.n_topics=16 \
        media.frame_rate_hz=10
    clinic screen COHORT --out RESULTS
    python benchmarks/held_out.py --cohort COHORT --results RESULTS

The result is ``benchmarks/results/held_out.json``. Intervals draw participants again (1,000
times). It says how well planted things are found again, and nothing about real people. Planted
conflicts and moments are scored by the code of `clinic validate affect` (study `simulated`).
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from clinic.evaluation import Scored, score_targets
from clinic.evaluation.bootstrap import N_DRAWS
from clinic.evaluation.scoring import intervals_of
from clinic.io.references import read_references
from clinic.records import Reference, ScreeningResult, SeverityEstimate
from clinic.simulate import CONFLICT_KINDS
from clinic.validation.simulated.areas import ANY, Area, area_for
from clinic.validation.simulated.cohort import (
    Answers,
    Interview,
    answers_of,
    interviews_of,
    read_results,
    strongest,
)
from clinic.validation.simulated.moments import Moments

RESULTS = Path(__file__).parent / "results" / "held_out.json"
PATTERNS = tuple(CONFLICT_KINDS)
SEED = 0


def main() -> None:
    """Score a screened cohort against its labels and its truth files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    options = parser.parse_args()
    results = list(read_results(options.results))
    interviews = interviews_of(results, options.cohort)
    references = read_references(options.cohort / "labels.csv", options.cohort / "moments.csv")
    found = {
        "model": results[0].model.name if results[0].model else None,
        "weights_sha256": results[0].model.weights_sha256 if results[0].model else None,
        "n_recordings": len(results),
        "targets": targets(results, references),
        "inconsistency": inconsistency(answers_of(interviews)),
        "moments": moments(interviews),
    }
    text = json.dumps(found, indent=1) + "\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text)
    sys.stdout.write(text)


def targets(
    results: Sequence[ScreeningResult], references: Sequence[Reference]
) -> dict[str, object]:
    """Return every metric with its interval, and how many estimates were withheld."""
    known = {reference.recording_id: reference for reference in references}
    scored = [scored_result(result, known[result.recording_id]) for result in results]
    scales = [settled.scale for settled in results[0].estimates]
    values = score_targets(scored, scales)
    intervals = intervals_of(scored, scales, seed=SEED)
    withheld = {
        str(scale.condition): sum(
            settled.condition is scale.condition and not isinstance(settled, SeverityEstimate)
            for result in results
            for settled in result.estimates
        )
        for scale in scales
    }
    metrics = {name: [value, *intervals.get(name, ())] for name, value in values.items()}
    return {"withheld": withheld, "metrics": metrics}


def scored_result(result: ScreeningResult, reference: Reference) -> Scored:
    """Put a stored result beside its reference; A/H moments are matched by their middle."""
    given = tuple(s for s in result.estimates if isinstance(s, SeverityEstimate))
    moments_given = [moment for estimate in given for moment in estimate.moments]
    rated = [
        next((m.shown for m in reference.moments if m.start_s <= middle < m.end_s), None)
        for middle in ((m.start_s + m.end_s) / 2 for m in moments_given)
    ]
    return Scored(
        participant_id=result.participant_id,
        estimates=given,
        reference=reference,
        shown=np.array([np.nan if r is None else float(r) for r in rated]),
        shown_probability=np.array([m.probability for m in moments_given]),
    )


def inconsistency(answers: Answers) -> Mapping[str, object]:
    """Return the AUC of each pattern for its own kind, and of the strongest for any kind."""
    found: dict[str, object] = {
        "n_utterances": len(answers.planted),
        "n_planted": int(answers.is_planted.sum()),
    }
    for kind in PATTERNS:
        area = area_for(answers, answers.columns[kind], kind, n_draws=N_DRAWS, seed=SEED)
        found[kind] = plain(area)
    signal = strongest(answers, PATTERNS)
    found["strongest_pattern"] = plain(area_for(answers, signal, ANY, n_draws=N_DRAWS, seed=SEED))
    return found


def plain(area: Area) -> Mapping[str, object]:
    """Return an area with its interval, and on how many it rests."""
    return {
        "auc": area.value,
        "interval": [area.low, area.high],
        "n_positive": area.n_positive,
        "n_negative": area.n_negative,
        "n_not_observed": area.n_not_observed,
    }


def moments(interviews: Sequence[Interview]) -> Mapping[str, int]:
    """Count the moments shown to the reader, and those that overlap something planted."""
    found = Moments.of(interviews)
    return {
        "recordings_with_moments": int((found.n_shown > 0).sum()),
        "shown": int(found.n_shown.sum()),
        "planted_there": int(found.is_planted.sum()),
        "planted_in_all": int(found.n_planted.sum()),
    }


if __name__ == "__main__":
    main()
