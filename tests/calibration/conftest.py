"""Calibration participants drawn from formulas."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.calibration import CalibrationSubject
from clinic.config import build, build_list, conf_folder
from clinic.records import (
    Case,
    FeatureSpec,
    FeatureTable,
    Modality,
    RawEstimate,
    Reference,
    Role,
    Segment,
    Stamp,
)

STAMP = Stamp(component="tests.formula", version="1", settings={})


def table_of(name: str, modality: Modality, values: np.ndarray) -> FeatureTable:
    n_rows = len(values)
    return FeatureTable(
        name=name,
        modality=modality,
        row_kind="segment",
        specs=tuple(
            FeatureSpec(
                name=f"{name}{i}",
                unit="1",
                minimum=-np.inf,
                maximum=np.inf,
                source="",
                group=name,
                meaning="",
            )
            for i in range(values.shape[1])
        ),
        start_s=np.arange(n_rows) * 5.0,
        end_s=np.arange(n_rows) * 5.0 + 5.0,
        values=values,
        coverage=(~np.isnan(values)).any(axis=1).astype(float),
        stamp=STAMP,
    )


def interview(
    index: int = 0,
    *,
    n_segments: int = 8,
    origin: str = "utterance",
    absent: tuple[str, ...] = (),
    shift: float = 0.0,
) -> Case:
    generator = np.random.default_rng(index)
    tables = []
    for name, modality in (("words", "text"), ("prosody", "voice"), ("brows", "face")):
        values = generator.normal(size=(n_segments, 10)) + (shift if modality == "voice" else 0)
        if modality in absent:
            values[:] = np.nan
        tables.append(table_of(name, Modality(modality), values))
    return Case(
        recording_id=f"r{index}",
        participant_id=f"p{index}",
        segments=tuple(
            Segment(
                index=i,
                start_s=5.0 * i,
                end_s=5.0 * i + 5,
                speaker=Role.PARTICIPANT,
                origin=origin,
            )
            for i in range(n_segments)
        ),
        tables=tuple(tables),
    )


def subject(index: int, scales, *, generator: np.random.Generator) -> CalibrationSubject:
    """Scores with errors of a known size, ratings whose stated odds are twice too sure."""
    case = interview(index)
    raws, scores = [], {}
    for scale in scales:
        if scale.is_rating:
            logit = generator.normal(0, 1.5)
            shown = generator.uniform() < 1 / (1 + np.exp(-logit))
            stated = 2 * logit
            segment = generator.normal(size=len(case.segments))
            raws.append(
                RawEstimate(
                    scale=scale,
                    log_probabilities=-np.logaddexp(0, np.array([stated, -stated])),
                    score=None,
                    segment_logits=segment,
                )
            )
            scores[scale.condition] = float(shown)
            rated = (generator.uniform(size=len(segment)) < 1 / (1 + np.exp(-segment))) * 1.0
        else:
            middle, width = (scale.minimum + scale.maximum) / 2, scale.maximum - scale.minimum
            score = float(np.clip(generator.normal(middle, width / 5), scale.minimum + 1, 80))
            score = min(score, scale.maximum - 1)
            reference = score + generator.normal(0, width / 12)
            edges = np.array([*scale.band_starts[1:], np.inf])
            below = 1 / (1 + np.exp(-(edges - score) / (width / 20)))
            mass = np.diff(np.concatenate([[0], below])) + 1e-6
            raws.append(
                RawEstimate(scale=scale, log_probabilities=np.log(mass / mass.sum()), score=score)
            )
            scores[scale.condition] = float(np.clip(reference, scale.minimum, scale.maximum))
    return CalibrationSubject(
        raw=tuple(raws),
        case=case,
        reference=Reference(
            recording_id=case.recording_id, participant_id=case.participant_id, scores=scores
        ),
        shown=rated,
    )


@pytest.fixture(scope="session")
def scales():
    return build_list(OmegaConf.load(conf_folder() / "scales" / "default.yaml"))


@pytest.fixture(scope="session")
def fitter():
    shipped = build(OmegaConf.load(conf_folder() / "calibration" / "default.yaml"))
    # The claims of these tests are worked out for nine in ten.
    return replace(shipped, coverage=0.9)


@pytest.fixture(scope="session")
def rules():
    return build(OmegaConf.load(conf_folder() / "calibration" / "withholding.yaml"))


@pytest.fixture(scope="session")
def make_subjects(scales) -> Callable[..., list[CalibrationSubject]]:
    def make(n: int, seed: int = 0, first: int = 0) -> list[CalibrationSubject]:
        generator = np.random.default_rng(seed)
        return [subject(first + i, scales, generator=generator) for i in range(n)]

    return make


@pytest.fixture(scope="session")
def make_interview() -> Callable[..., Case]:
    return interview


@pytest.fixture(scope="session")
def calibration(make_subjects, fitter):
    return fitter.fit(
        make_subjects(60),
        training_cases=[interview(1000 + i) for i in range(60)],
        tables=["words", "prosody", "brows"],
    )
