"""Which reader of the voice follows the arousal that the simulation planted.

Run:
    clinic simulate --out COHORT --participants 60 --seed 2027 interview.n_topics=16 \
        media.frame_rate_hz=10
    clinic extract COHORT --out STORE
    python benchmarks/voice_readers.py --cohort COHORT --store STORE

Per participant the rank correlation (Spearman) of each reader's arousal with the planted one over
the answers; the result is ``benchmarks/results/voice_readers.json``. The synthesiser expresses
arousal by pitch, pace and level alone (docs/decisions/0008-voice-reader.md).
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from clinic.config import build, compose
from clinic.inconsistency import AffectReader
from clinic.io.store import read_case
from clinic.records import Case, Extraction
from clinic.validation.study_intervals import weighted_interval, weighted_mean

RESULTS = Path(__file__).parent / "results" / "voice_readers.json"
CHOICES = ("learned", "prosodic")
N_DRAWS = 2000
SEED = 0


def main() -> None:
    """Compare the readers and write the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cohort", type=Path, required=True)
    parser.add_argument("--store", type=Path, required=True)
    options = parser.parse_args()
    readers = [reader(choice) for choice in CHOICES]
    rows, people = [], []
    for folder in sorted(options.store.glob("*/features")):
        case = read_case(folder)
        planted = planted_arousal(case, options.cohort)
        tables = [Extraction(segments=table) for table in case.tables]
        read = [r.read(case.segments, tables).column("arousal") for r in readers]
        rows.append([agreement(column, planted) for column in read])
        people.append(case.participant_id)
    agreed = np.array(rows)
    first, second = CHOICES
    columns = {
        first: agreed[:, 0],
        second: agreed[:, 1],
        f"{second} minus {first}": agreed[:, 1] - agreed[:, 0],
    }
    found = {name: summary(column, people) for name, column in columns.items()}
    text = json.dumps({"n_participants": len(people), **found}, indent=1) + "\n"
    RESULTS.write_text(text)
    sys.stdout.write(text)


def reader(choice: str) -> AffectReader:
    """Return a shipped choice of ``conf/affect/voice``."""
    override = f"affect/voice@inconsistency.readers.voice={choice}"
    composed = compose("extract", [override], values={"input": "in", "out": "out"})
    built: AffectReader = build(composed.inconsistency.readers.voice)
    return built


def summary(column: NDArray[np.float64], people: list[str]) -> dict[str, float]:
    """Return mean with its 95 % interval over participants drawn again, and the least."""
    mean, low, high = weighted_interval(people, weighted_mean(column), n_draws=N_DRAWS, seed=SEED)
    return {"mean": mean, "low": low, "high": high, "least": float(column.min())}


def planted_arousal(case: Case, cohort: Path) -> NDArray[np.float64]:
    """Return the planted arousal of the voice per segment; NaN where no answer is."""
    truth = json.loads((cohort / "truth" / f"{case.recording_id}.json").read_text())
    answers = [u for u in truth["utterances"] if u["speaker"] == "participant"]
    middles = [(s.start_s + s.end_s) / 2 for s in case.segments]
    return np.array(
        [
            next(
                (a["planted"]["voice_arousal"] for a in answers if a["start_s"] <= m < a["end_s"]),
                np.nan,
            )
            for m in middles
        ],
        dtype=np.float64,
    )


def agreement(read: NDArray[np.float64], planted: NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation over what both have."""
    both = np.isfinite(read) & np.isfinite(planted)
    return float(spearmanr(read[both], planted[both])[0])


if __name__ == "__main__":
    main()
