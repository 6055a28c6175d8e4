"""Our own records under audit: pooled features, and fits that must not see the scored fold."""

import numpy as np
import pytest

from clinic.evaluation.audit import audit_fit, procedure_of_recipe, table_of_cases
from clinic.fusion import ParticipantSplit
from clinic.records import (
    Case,
    Condition,
    FeatureSpec,
    FeatureTable,
    Modality,
    Reference,
    Role,
    Scale,
    Segment,
    Stamp,
)

SCALE = Scale(
    condition=Condition.DEPRESSION,
    name="PHQ-8",
    minimum=0,
    maximum=24,
    band_names=("low", "high"),
    band_starts=(0, 10),
    cutoff=10,
    note="",
    source="formula",
)
SPEC = FeatureSpec(
    name="share",
    unit="1",
    minimum=0.0,
    maximum=1.0,
    source="formula",
    group="g",
    meaning="a share",
)


def case_of(number: int, generator: np.random.Generator) -> Case:
    n = 4
    starts = np.arange(n) * 5.0
    segments = tuple(
        Segment(index=i, start_s=s, end_s=s + 5.0, speaker=Role.PARTICIPANT, origin="utterance")
        for i, s in enumerate(starts)
    )

    def table(name: str) -> FeatureTable:
        return FeatureTable(
            name=name,
            modality=Modality.VOICE,
            row_kind="segment",
            specs=(SPEC,),
            start_s=starts,
            end_s=starts + 5.0,
            values=generator.uniform(size=(n, 1)),
            coverage=np.ones(n),
            stamp=Stamp(component="formula", version="1", settings={}),
        )

    return Case(
        recording_id=f"r{number}",
        participant_id=f"p{number}",
        segments=segments,
        tables=(table("pauses"), table("metadata")),
    )


@pytest.fixture(scope="module")
def cohort():
    generator = np.random.default_rng(0)
    cases = [case_of(i, generator) for i in range(24)]
    references = {
        case.recording_id: Reference(
            recording_id=case.recording_id,
            participant_id=case.participant_id,
            scores={Condition.DEPRESSION: float(generator.integers(25))},
            attributes={"session_kind": "virtual" if i % 2 else "human"},
        )
        for i, case in enumerate(cases)
    }
    people = [case.participant_id for case in cases]
    split = ParticipantSplit(
        training=frozenset(people[:12]),
        validation=frozenset(people[12:15]),
        calibration=frozenset(people[15:18]),
        test=frozenset(people[18:]),
    )
    return cases, references, split


def test_a_recording_is_the_mean_of_its_segments(cohort):
    cases, references, _ = cohort
    table = table_of_cases(cases, references, [SCALE])
    assert table.columns == ("pauses.share",)
    assert table.features[3, 0] == pytest.approx(cases[3].table("pauses").values.mean())
    assert set(table.metadata) == {"duration_s", "n_segments", "session_kind"}
    assert table.metadata["duration_s"][0] == 20.0
    assert table.labels[0].values[5, 0] == references["r5"].scores[Condition.DEPRESSION]


def means(cases):
    return np.array([case.table("pauses").values.mean() for case in cases])


def scores(cases, references):
    return np.array([references[c.recording_id].scores[Condition.DEPRESSION] for c in cases])


def fit(seen, chosen):
    """A line through what was seen, stretched by what was chosen."""

    def run(cases, references):
        known = [case for case in cases if seen(case)]
        x, y = means(known), scores(known, references)
        slope = np.cov(x, y)[0, 1] / x.var()
        level = scores([case for case in cases if chosen(case)], references).mean()
        return lambda asked: slope * (means(asked) - x.mean()) * level

    return procedure_of_recipe(run)


def test_only_fits_that_see_the_test_participants_are_caught(cohort):
    cases, references, split = cohort

    def of_training(case):
        return case.participant_id in split.training

    def everybody(case):
        return True

    honest = audit_fit(fit(of_training, of_training), split, cases, references, subject="honest")
    assert not honest.failed
    leaky = audit_fit(fit(everybody, of_training), split, cases, references, subject="leaky")
    assert len(leaky.failed) == 3
    # The labels are exchanged among the test participants: their mean stays, their order does not.
    first_test = sorted(split.test)[0]
    chosen = audit_fit(
        fit(of_training, lambda case: of_training(case) or case.participant_id == first_test),
        split,
        cases,
        references,
        subject="chosen",
    )
    assert "sealed fold: labels (chosen)" in {check.name for check in chosen.failed}
