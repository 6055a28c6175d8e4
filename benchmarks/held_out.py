"""How good the shipped model is on simulated interviews that it has never met.

Run:
    clinic simulate --out COHORT --participants 60 --seed 2027 interview.n_topics=16 \
        media.frame_rate_hz=10
    clinic screen COHORT --out RESULTS
    python benchmarks/held_out.py --cohort COHORT --results RESULTS

The result is ``benchmarks/results/held_out.json``. Intervals draw participants again (1,000
times). It says how well planted things are found again, and nothing about real people.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinic.evaluation import Scored, bootstrap_interval, score_targets
from clinic.evaluation.metrics import area_under_roc
from clinic.evaluation.scoring import intervals_of
from clinic.io.references import read_references
from clinic.records import Reference, ScreeningResult, SeverityEstimate
from clinic.records.serialise import from_json
from clinic.simulate import CONFLICT_KINDS

RESULTS = Path(__file__).parent / "results" / "held_out.json"
PATTERNS = tuple(CONFLICT_KINDS)
SEED = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Utterances:
    """All scored utterances of the cohort: whose they are, what was planted, what was measured.

    Args:
        planted: Kind of the planted conflict, or an empty text.
        measured: One array per measure, NaN where a modality was not observed.
    """

    participant_ids: tuple[str, ...]
    planted: NDArray[np.str_]
    measured: Mapping[str, NDArray[np.float64]]


def main() -> None:
    """Score a screened cohort against its labels and its truth files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--results", type=Path, required=True)
    options = parser.parse_args()
    results = list(read_results(options.results))
    truth = {r.recording_id: conflicts(options.cohort, r.recording_id) for r in results}
    references = read_references(options.cohort / "labels.csv", options.cohort / "moments.csv")
    found = {
        "model": results[0].model.name if results[0].model else None,
        "weights_sha256": results[0].model.weights_sha256 if results[0].model else None,
        "n_recordings": len(results),
        "targets": targets(results, references),
        "inconsistency": inconsistency(results, truth),
        "moments": moments(results, truth),
    }
    text = json.dumps(found, indent=1) + "\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text)
    sys.stdout.write(text)


def read_results(folder: Path) -> Iterator[ScreeningResult]:
    """Yield the stored results of a screening, in the order of their ids."""
    for path in sorted(folder.glob("*/result.json")):
        yield from_json(path.read_text())


def conflicts(cohort: Path, recording_id: str) -> list[tuple[str, float, float]]:
    """Return kind, start and end of what was planted in one recording."""
    truth = json.loads((cohort / "truth" / f"{recording_id}.json").read_text())
    return [(c["kind"], c["start_s"], c["end_s"]) for c in truth["conflicts"]]


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


def inconsistency(
    results: Sequence[ScreeningResult], truth: Mapping[str, list[tuple[str, float, float]]]
) -> dict[str, object]:
    """Return the AUC of each pattern for its own kind, and of the strongest for any kind.

    Utterances with a conflict of another kind are left out of a pattern's own AUC.
    """
    rows = utterances(results, truth)
    found: dict[str, object] = {
        "n_utterances": len(rows.planted),
        "n_planted": int((rows.planted != "").sum()),
    }
    for kind in PATTERNS:
        kept = (rows.planted == kind) | (rows.planted == "")
        found[kind] = auc(rows, rows.measured[kind], rows.planted == kind, kept)
    strongest = np.fmax.reduce([rows.measured[kind] for kind in PATTERNS])
    everything = np.ones(len(rows.planted), dtype=bool)
    found["strongest_pattern"] = auc(rows, strongest, rows.planted != "", everything)
    return found


def utterances(
    results: Sequence[ScreeningResult], truth: Mapping[str, list[tuple[str, float, float]]]
) -> Utterances:
    """Collect the utterances of all recordings."""
    people: list[str] = []
    planted: list[str] = []
    tables = [result.inconsistency.segments for result in results]
    for result, table in zip(results, tables, strict=True):
        for middle in (table.start_s + table.end_s) / 2:
            people.append(result.participant_id)
            kinds = [k for k, a, b in truth[result.recording_id] if a <= middle < b]
            planted.append(kinds[0] if kinds else "")
    measured = {
        kind: np.concatenate([t.values[:, t.columns.index(kind)] for t in tables])
        for kind in PATTERNS
    }
    return Utterances(participant_ids=tuple(people), planted=np.array(planted), measured=measured)


def auc(
    rows: Utterances,
    signal: NDArray[np.float64],
    positive: NDArray[np.bool_],
    kept: NDArray[np.bool_],
) -> dict[str, object]:
    """Return the area under the ROC curve with its interval, and on how many it rests."""
    index = np.flatnonzero(kept & np.isfinite(signal))
    n_not_observed = int((kept & ~np.isfinite(signal)).sum())
    people = [rows.participant_ids[i] for i in index]
    signal, positive = signal[index], positive[index]
    low, high = bootstrap_interval(
        people, lambda drawn: area_under_roc(positive[drawn], signal[drawn]), seed=SEED
    )
    return {
        "auc": area_under_roc(positive, signal),
        "interval": [low, high],
        "n_positive": int(positive.sum()),
        "n_negative": int((~positive).sum()),
        "n_not_observed": n_not_observed,
    }


def moments(
    results: Sequence[ScreeningResult], truth: Mapping[str, list[tuple[str, float, float]]]
) -> dict[str, int]:
    """Count the moments shown to the reader, and those that overlap something planted."""
    shown = [(r.recording_id, e) for r in results for e in r.inconsistency.evidence]
    hits = [
        any(a < e.end_s and e.start_s < b for _, a, b in truth[recording]) for recording, e in shown
    ]
    return {
        "recordings_with_moments": len({recording for recording, _ in shown}),
        "shown": len(shown),
        "planted_there": sum(hits),
        "planted_in_all": sum(len(items) for items in truth.values()),
    }


if __name__ == "__main__":
    main()
