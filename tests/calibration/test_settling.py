"""From raw to settled: coverage on new people, one entry a person, and reasons for silence."""

from dataclasses import replace

import numpy as np
import pytest

from clinic.calibration import Calibration, Settler, TooFewSubjectsError
from clinic.calibration.fitting import one_per_participant
from clinic.errors import SetupError
from clinic.records import Condition, SeverityEstimate, Withheld


@pytest.fixture
def settler(calibration, rules):
    return Settler(calibration=calibration, rules=rules)


def reasons(settled) -> set[str]:
    assert all(isinstance(item, Withheld) for item in settled)
    return {item.reason for item in settled}


def test_new_people_are_covered(calibration, make_subjects):
    people = make_subjects(400, seed=9, first=100)
    inside, in_set = [], []
    for person in people:
        for raw in person.raw:
            settled = calibration.settle(raw, person.case)
            truth = person.reference.scores[raw.scale.condition]
            in_set.append(raw.scale.band_of(truth) in settled.plausible_bands)
            if settled.interval:
                inside.append(settled.interval[0] <= truth <= settled.interval[1])
    # Coverage given one calibration sample of 60 scatters by sqrt(.9 * .1 / 61) = .04.
    assert np.mean(inside) == pytest.approx(0.9, abs=0.1)
    assert np.mean(in_set) > 0.82


def test_probabilities_twice_too_sure_are_mended(make_subjects, fitter):
    found = fitter.fit(make_subjects(600, seed=2), training_cases=[], tables=[])
    # Log-odds were stated at twice their truth.
    assert found.targets["ambivalence"].probabilities.slope == pytest.approx(0.5, abs=0.1)


def test_a_settled_estimate_is_coherent(settler, make_subjects):
    for person in make_subjects(30, seed=4, first=500):
        for settled in settler.settle(person.raw, person.case, "en-GB"):
            assert isinstance(settled, SeverityEstimate)
            if settled.score is not None:
                assert settled.interval[0] <= settled.score <= settled.interval[1]
                assert settled.scale.band_of(settled.score) in settled.plausible_bands
            else:
                assert len(settled.moments) == len(person.case.segments)


def test_one_entry_per_participant(make_subjects, fitter):
    subjects = make_subjects(12)
    doubled = [
        replace(s, case=replace(s.case, recording_id=f"{s.case.recording_id}-{visit}"))
        for s in subjects
        for visit in range(5)
    ]
    assert len(one_per_participant(doubled)) == 12
    # Sixty recordings of eight people are eight people.
    with pytest.raises(TooFewSubjectsError, match="8 calibration subjects, 9 needed"):
        fitter.fit(doubled[:40], training_cases=[], tables=[])


def test_participants_without_a_reference_do_not_count(make_subjects, fitter):
    subjects = [
        replace(s, reference=replace(s.reference, scores={Condition.PTSD: 30.0}))
        for s in make_subjects(20)
    ]
    with pytest.raises(TooFewSubjectsError, match="0 calibration subjects"):
        fitter.fit(subjects, training_cases=[], tables=[])


def test_calibration_survives_json(calibration, make_subjects):
    again = Calibration.from_json(calibration.to_json())
    person = make_subjects(1, seed=3, first=900)[0]
    for raw in person.raw:
        assert again.settle(raw, person.case) == calibration.settle(raw, person.case)
    case = person.case
    assert again.population.outlying(case, beyond_sd=1.0)[0].n_outlying == (
        calibration.population.outlying(case, beyond_sd=1.0)[0].n_outlying
    )


def test_a_broken_calibration_file_is_named():
    with pytest.raises(SetupError, match=r"calibration.json cannot be read"):
        Calibration.from_json('{"coverage": 0.9}')


def test_too_little_speech(settler, make_subjects, make_interview):
    raw = make_subjects(1)[0].raw
    found = reasons(settler.settle(cut(raw, 2), make_interview(1, n_segments=2), "en"))
    assert found == {
        "10.0 s of the participant's speech, 20.0 s needed (min_speech_s); "
        "2 segments observed, 4 needed (min_segments)"
    }


def test_silent_windows_are_no_speech(settler, make_subjects, make_interview):
    case = make_interview(1, origin="window")
    found = reasons(settler.settle(make_subjects(1)[0].raw, case, None))
    assert any("0.0 s of the participant's speech" in reason for reason in found)


def test_absent_modalities(settler, make_subjects, make_interview):
    raw = make_subjects(1)[0].raw
    one_left = settler.settle(raw, make_interview(1, absent=("text", "face")), None)
    assert any("voice observed, 2 of text, voice and face needed" in r for r in reasons(one_left))
    without_text = settler.settle(raw, make_interview(1, absent=("text",)), None)
    kinds = {s.condition: type(s) for s in without_text}
    assert kinds[Condition.DEPRESSION] is SeverityEstimate
    assert kinds[Condition.PTSD] is Withheld
    reason = next(s.reason for s in without_text if s.condition is Condition.PTSD)
    assert reason == (
        "text not observed in 30% of the segments, needed for PCL-C (needs, min_modality_share)"
    )


def test_another_language(settler, make_subjects, make_interview):
    raw, case = make_subjects(1)[0].raw, make_interview(1)
    assert reasons(settler.settle(raw, case, "de-AT")) == {
        "language de, model trained on en (accept_languages)"
    }
    allowed = Settler(
        calibration=settler.calibration, rules=replace(settler.rules, accept_languages=["de"])
    )
    assert all(isinstance(s, SeverityEstimate) for s in allowed.settle(raw, case, "de-AT"))


def test_someone_unlike_the_training_participants(settler, make_subjects, make_interview):
    raw = make_subjects(1)[0].raw
    found = reasons(settler.settle(raw, make_interview(1, shift=30.0), "en"))
    assert found == {
        "10 of 10 voice features lie more than 5 standard deviations from the training "
        "participants, 20% allowed (outlying_sd, max_outlying_share)"
    }


def test_an_interval_that_says_nothing(settler, make_subjects, make_interview):
    strict = Settler(
        calibration=settler.calibration, rules=replace(settler.rules, max_interval_share=0.1)
    )
    settled = strict.settle(make_subjects(1)[0].raw, make_interview(1), None)
    reason = next(s.reason for s in settled if s.condition is Condition.DEPRESSION)
    assert "points, at most ± 1.2 allowed (max_interval_share)" in reason


def cut(raw, n_segments):
    return tuple(
        r if r.segment_logits is None else replace(r, segment_logits=r.segment_logits[:n_segments])
        for r in raw
    )
