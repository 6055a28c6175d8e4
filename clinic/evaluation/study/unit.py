"""One fit of one model on one fold, scored clean and degraded: the unit of work and of resuming."""

import json
import time
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from clinic.errors import DataError
from clinic.evaluation.predictions import Predictions
from clinic.evaluation.study.contender import Contender
from clinic.evaluation.study.data import StudyData
from clinic.evaluation.study.degradations import CLEAN, Degradations
from clinic.evaluation.study.split_file import Fold
from clinic.evaluation.target import Target, TargetKind
from clinic.io.atomic import write_parquet

_META = b"clinic-evaluation"


@dataclass(frozen=True, kw_only=True)
class UnitFacts:
    """What a fit cost.

    Args:
        fit_cpu_s, predict_cpu_s: CPU-seconds of this process.
        peak_mb: Largest resident memory of the process so far.
    """

    n_parameters: int
    n_training: int
    fit_cpu_s: float
    predict_cpu_s: float
    peak_mb: float


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitOutcome:
    """Predictions by (target, variant); the variant ``clean`` is always there."""

    predictions: Mapping[tuple[str, str], Predictions]
    facts: UnitFacts


def run_unit(
    contender: Contender, data: StudyData, fold: Fold, degradations: Degradations | None, seed: int
) -> UnitOutcome:
    """Fit on a fold and score its test participants."""
    split = fold.split
    started = time.process_time()
    fitted = contender.fit(data, split, seed=seed)
    fit_cpu_s = time.process_time() - started
    tested = data.of_people(split.test)
    found: dict[tuple[str, str], Predictions] = {}
    started = time.process_time()
    for target, predictions in fitted.predict(tested, data).items():
        found[target, CLEAN] = predictions
    predict_cpu_s = time.process_time() - started
    if degradations is not None and fold.repeat < degradations.repeats:
        for name, degrade in degradations.of(tested).items():
            # The seed belongs to fold and degradation, so that every model meets the same noise.
            words = f"{name} {fold.repeat} {fold.number}".encode()
            worse = degrade(tested, np.random.default_rng(zlib.crc32(words)))
            for target, predictions in fitted.predict(worse, data).items():
                found[target, name] = predictions
    return UnitOutcome(
        predictions={key: _placed(value, fold) for key, value in found.items()},
        facts=UnitFacts(
            n_parameters=fitted.n_parameters,
            n_training=len(split.training),
            fit_cpu_s=fit_cpu_s,
            predict_cpu_s=predict_cpu_s,
            peak_mb=_peak_mb(),
        ),
    )


def write_unit(path: Path, outcome: UnitOutcome, digest: str) -> None:
    """Write a finished unit, whole or not at all."""
    import pyarrow as pa

    parts = []
    for (target, variant), found in outcome.predictions.items():
        n = len(found)
        parts.append(
            pa.table(
                {
                    "target": pa.array([target] * n, pa.string()),
                    "variant": pa.array([variant] * n, pa.string()),
                    "recording_id": pa.array(found.recording_ids.tolist(), pa.string()),
                    "participant_id": pa.array(found.participant_ids.tolist(), pa.string()),
                    **{
                        name: pa.array(getattr(found, name), pa.float64(), from_pandas=False)
                        for name in ("reference", "score", "low", "high")
                    },
                    "probabilities": pa.array(found.probabilities.tolist(), pa.list_(pa.float64())),
                    "plausible": pa.array(found.plausible.tolist(), pa.list_(pa.bool_())),
                    "fold": pa.array(found.fold, pa.int64()),
                    "repeat": pa.array(found.repeat, pa.int64()),
                }
            )
        )
    targets = {
        predictions.target.name: {**asdict(predictions.target)}
        for predictions in outcome.predictions.values()
    }
    meta = {"digest": digest, "facts": asdict(outcome.facts), "targets": targets}
    table = pa.concat_tables(parts).replace_schema_metadata({_META: json.dumps(meta)})
    write_parquet(path, table)


def unit_digest(path: Path) -> str | None:
    """Return the digest of a finished unit, None where there is none or it is damaged."""
    import pyarrow as pa
    from pyarrow import parquet

    if not path.is_file():
        return None
    try:
        meta = parquet.read_schema(path).metadata or {}
        return str(json.loads(meta[_META])["digest"])
    except (OSError, ValueError, KeyError, pa.ArrowInvalid):
        return None


def read_unit(path: Path) -> UnitOutcome:
    """Read a finished unit.

    Raises:
        DataError: Missing or damaged.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
        meta: dict[str, Any] = json.loads((table.schema.metadata or {})[_META])
    except (OSError, ValueError, KeyError, pa.ArrowInvalid) as error:
        raise DataError(f"unit {path.name} cannot be read: delete it and resume") from error
    frame = table.to_pandas()
    targets = {name: _target(plain) for name, plain in meta["targets"].items()}
    found = {}
    for (target, variant), rows in frame.groupby(["target", "variant"], sort=False):
        kind = targets[target]
        found[target, variant] = Predictions(
            target=kind,
            recording_ids=rows["recording_id"].to_numpy(dtype=np.str_),
            participant_ids=rows["participant_id"].to_numpy(dtype=np.str_),
            reference=rows["reference"].to_numpy(dtype=np.float64),
            probabilities=np.array(rows["probabilities"].tolist()).reshape(-1, kind.n_classes),
            score=rows["score"].to_numpy(dtype=np.float64),
            low=rows["low"].to_numpy(dtype=np.float64),
            high=rows["high"].to_numpy(dtype=np.float64),
            plausible=np.array(rows["plausible"].tolist(), bool).reshape(-1, kind.n_classes),
            fold=rows["fold"].to_numpy(dtype=np.intp),
            repeat=rows["repeat"].to_numpy(dtype=np.intp),
        )
    return UnitOutcome(predictions=found, facts=UnitFacts(**meta["facts"]))


def _target(plain: Mapping[str, Any]) -> Target:
    return Target(
        **{
            **plain,
            "kind": TargetKind(plain["kind"]),
            "classes": tuple(plain["classes"]),
            "starts": tuple(plain["starts"]),
        }
    )


def _placed(predictions: Predictions, fold: Fold) -> Predictions:
    n = len(predictions)
    return replace(
        predictions,
        fold=np.full(n, fold.number, dtype=np.intp),
        repeat=np.full(n, fold.repeat, dtype=np.intp),
    )


def _peak_mb() -> float:
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes on Linux, bytes on macOS.
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
