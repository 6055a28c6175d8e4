"""Small cohorts drawn from formulas, with the truth known from how they were made."""

from collections.abc import Callable

import numpy as np
import pytest

from clinic.records import (
    Case,
    Condition,
    FeatureSpec,
    FeatureTable,
    Modality,
    MomentLabel,
    Reference,
    Role,
    Scale,
    Segment,
    Stamp,
)

STAMP = Stamp(component="tests.formula", version="1", settings={})
SEGMENT_S = 5.0

Cohort = tuple[list[Case], list[Reference]]


def table_of(name: str, modality: Modality, values: np.ndarray) -> FeatureTable:
    n_rows, n_columns = values.shape
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
                source="formula",
                group=name,
                meaning=f"{name} {i}",
            )
            for i in range(n_columns)
        ),
        start_s=np.arange(n_rows) * SEGMENT_S,
        end_s=np.arange(n_rows) * SEGMENT_S + SEGMENT_S,
        values=values,
        coverage=(~np.isnan(values)).any(axis=1).astype(float),
        stamp=STAMP,
    )


def case_of(
    recording: str, participant: str, text: np.ndarray, voice: np.ndarray, face: np.ndarray
) -> Case:
    return Case(
        recording_id=recording,
        participant_id=participant,
        segments=tuple(
            Segment(
                index=i,
                start_s=i * SEGMENT_S,
                end_s=(i + 1) * SEGMENT_S,
                speaker=Role.PARTICIPANT,
                origin="utterance",
            )
            for i in range(len(text))
        ),
        tables=(
            table_of("words", Modality.TEXT, text),
            table_of("prosody", Modality.VOICE, voice),
            table_of("brows", Modality.FACE, face),
        ),
    )


def severity_cohort(n: int, seed: int, n_segments: int = 10) -> Cohort:
    """PHQ-8 and PCL-C shift some features; A/H raises word and lowers voice features."""
    generator = np.random.default_rng(seed)
    cases, references = [], []
    for index in range(n):
        trait = generator.normal()
        phq = int(np.clip(round(8 + 6 * trait + generator.normal(0, 2)), 0, 24))
        pcl = int(np.clip(round(36 + 13 * trait + generator.normal(0, 6)), 17, 85))
        prone = generator.uniform() < 0.5
        shown = generator.uniform(size=n_segments) < (0.4 if prone else 0.0)
        text = generator.normal(size=(n_segments, 6))
        voice = generator.normal(size=(n_segments, 5))
        face = generator.normal(size=(n_segments, 4))
        text[:, 0] += trait
        voice[:, 0] -= 0.7 * trait
        face[:, 0] -= 0.4 * trait
        text[shown, 1] += 2.0
        voice[shown, 1] -= 2.0
        name = f"p{index:03d}"
        cases.append(case_of(f"r{index:03d}", name, text, voice, face))
        references.append(
            Reference(
                recording_id=f"r{index:03d}",
                participant_id=name,
                scores={
                    Condition.DEPRESSION: phq,
                    Condition.PTSD: pcl,
                    Condition.AMBIVALENCE: float(shown.any()),
                },
                moments=tuple(
                    MomentLabel(
                        start_s=i * SEGMENT_S, end_s=(i + 1) * SEGMENT_S, shown=bool(shown[i])
                    )
                    for i in range(n_segments)
                ),
                attributes={"sex": "f" if index % 2 else "m"},
            )
        )
    return cases, references


def conflict_cohort(n: int, seed: int, n_segments: int = 10) -> Cohort:
    """A/H is shown where voice contradicts words; each of the two alone is pure chance."""
    generator = np.random.default_rng(seed)
    cases, references = [], []
    for index in range(n):
        shown = index % 2
        text = 0.3 * generator.normal(size=(n_segments, 2))
        voice = 0.3 * generator.normal(size=(n_segments, 2))
        face = generator.normal(size=(n_segments, 2))
        said = generator.choice([-1.0, 1.0], size=n_segments)
        text[:, 0] += said
        voice[:, 0] += -said if shown else said
        name = f"p{index:03d}"
        cases.append(case_of(f"r{index:03d}", name, text, voice, face))
        references.append(
            Reference(
                recording_id=f"r{index:03d}",
                participant_id=name,
                scores={Condition.AMBIVALENCE: float(shown)},
            )
        )
    return cases, references


@pytest.fixture(scope="session")
def make_severity_cohort() -> Callable[..., Cohort]:
    return severity_cohort


@pytest.fixture(scope="session")
def make_conflict_cohort() -> Callable[..., Cohort]:
    return conflict_cohort


@pytest.fixture(scope="session")
def make_case() -> Callable[..., Case]:
    return case_of


@pytest.fixture(scope="session")
def scales() -> tuple[Scale, ...]:
    from omegaconf import OmegaConf

    from clinic.config import build_list, conf_folder

    return build_list(OmegaConf.load(conf_folder() / "scales" / "default.yaml"))
