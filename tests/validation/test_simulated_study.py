"""Planted conflicts against signals from formulas, whose areas and moments are known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from clinic.errors import SetupError
from clinic.records import FeatureSpec
from clinic.records.serialise import to_json
from clinic.validation.simulated.areas import ANY, area_for, areas_table
from clinic.validation.simulated.cohort import (
    answers_of,
    interviews_of,
    rarity_of,
    read_results,
    strongest,
)
from clinic.validation.simulated.moments import Moments, claim_bins, moment_findings
from clinic.validation.simulated.study import PlantedConflicts

SMILE, CALM = "smile_over_negative_words", "negative_words_calm_voice"
#: Ten answers of ten seconds; an interview without conflicts, one with two kinds.
PLANTED = {"sim-1": [], "sim-2": [(SMILE, 20.0, 30.0), (CALM, 70.0, 80.0)]}
DRAWS = {"n_draws": 50, "seed": 0}


@pytest.fixture
def write_cohort(tmp_path, make_made_up_result):
    """Write truth and results; columns and moments are functions of the interview."""

    def write(columns, moments, *, level="clean", planted=PLANTED):
        for recording, conflicts in planted.items():
            truth = tmp_path / "cohort" / "truth" / f"{recording}.json"
            truth.parent.mkdir(parents=True, exist_ok=True)
            kinds = [{"kind": k, "start_s": a, "end_s": b} for k, a, b in conflicts]
            truth.write_text(json.dumps({"conflicts": kinds}))
            result = signals_in(make_made_up_result, recording, columns, moments)
            path = tmp_path / "results" / level / recording / "result.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(to_json(result))
        return tmp_path

    return write


def signals_in(make, recording, columns, moments):
    whole = make(n_segments=10, duration_s=100.0, n_evidence=1, absent=(), hostile=False)
    signals = whole.inconsistency
    values = {name: np.asarray(made(recording), dtype=float) for name, made in columns.items()}
    segments = replace(
        signals.segments,
        specs=tuple(spec(name) for name in values),
        start_s=np.arange(10) * 10.0,
        end_s=np.arange(10) * 10.0 + 10.0,
        values=np.column_stack(list(values.values())),
        coverage=np.ones(10),
    )
    evidence = tuple(
        replace(signals.evidence[0], start_s=start, end_s=start + 5.0, false_discovery_rate=rate)
        for start, rate in moments(recording)
    )
    return replace(
        whole,
        recording_id=recording,
        participant_id=recording.replace("sim", "p"),
        inconsistency=replace(
            signals,
            segments=segments,
            evidence=evidence,
            surprise=None,
            grid=None,
            lags=(),
            states=(),
        ),
    )


def spec(name):
    return FeatureSpec(
        name=name,
        unit="1",
        minimum=-np.inf,
        maximum=np.inf,
        source="formula",
        group="g",
        meaning="m",
    )


def at(*places, high=1.0):
    return [high if place in places else 0.1 * place % 0.5 for place in range(10)]


def found_there(recording):
    return at(2, 7) if recording == "sim-2" else at()


def nothing(recording):
    return []


def read(folder, level="clean"):
    return interviews_of(read_results(folder / "results" / level), folder / "cohort")


def test_a_measure_that_is_highest_where_something_is_planted_has_an_area_of_one(write_cohort):
    folder = write_cohort({SMILE: found_there, CALM: lambda r: at(5)}, nothing)
    answers = answers_of(read(folder))
    assert answers.planted.tolist().count("") == 18 and answers.participants[0] == "p-1"
    whole = area_for(answers, answers.columns[SMILE], ANY, **DRAWS)
    assert (whole.value, whole.n_positive, whole.n_negative) == (1.0, 2, 18)


def test_conflicts_of_another_kind_are_neither_hits_nor_misses(write_cohort):
    folder = write_cohort({SMILE: lambda r: at(2, 7) if r == "sim-2" else at()}, nothing)
    answers = answers_of(read(folder))
    own = area_for(answers, answers.columns[SMILE], SMILE, **DRAWS)
    assert (own.value, own.n_positive, own.n_negative) == (1.0, 1, 18)


def test_what_was_not_observed_is_counted_and_left_out(write_cohort):
    def half_seen(recording):
        values = np.array(found_there(recording))
        values[5:] = np.nan
        return values

    folder = write_cohort({SMILE: half_seen, CALM: lambda r: at(7)}, nothing)
    answers = answers_of(read(folder))
    area = area_for(answers, answers.columns[SMILE], ANY, **DRAWS)
    assert (area.n_positive, area.n_negative, area.n_not_observed) == (1, 9, 10)
    assert np.isfinite(strongest(answers, [SMILE, CALM])).all()


def test_a_column_that_is_never_observed_has_no_area(write_cohort):
    folder = write_cohort({SMILE: found_there, "unseen": lambda r: [np.nan] * 10}, nothing)
    table = areas_table(answers_of(read(folder)), [SMILE], **DRAWS)
    assert table.rows[1] == ("unseen", "–", "–")
    assert np.isnan(rarity_of(read(folder))).all()


def test_moments_are_counted_by_hand(write_cohort):
    """sim-1: three false. sim-2: one on a conflict, one beside; the second conflict is missed."""

    def shown(recording):
        if recording == "sim-2":
            return [(22.0, 0.1), (50.0, 0.4)]
        return [(0.0, 0.2), (40.0, 0.1), (90.0, 0.2)]

    folder = write_cohort({SMILE: found_there}, shown)
    moments = Moments.of(read(folder))
    found = [f.value for f in moment_findings(moments, planted_share=0.1, **DRAWS)]
    assert found == pytest.approx([1 / 5, 1 / 2, 3.0, 0.2, 0.2 - 4 / 5])


def test_a_moment_that_ends_where_a_conflict_begins_is_not_on_it(write_cohort):
    folder = write_cohort({SMILE: found_there}, lambda r: [(15.0, 0.1)] if r == "sim-2" else [])
    assert not Moments.of(read(folder)).is_planted.any()


def test_claims_are_binned_with_both_ends_and_empty_bins_left_out(write_cohort):
    claims = [(22.0, 0.0), (40.0, 0.5), (72.0, 1.0)]
    folder = write_cohort({SMILE: found_there}, lambda r: claims if r == "sim-2" else [])
    moments = Moments.of(read(folder))
    bins = claim_bins(moments, (0.0, 0.25, 0.5, 1.0), **DRAWS)
    assert [(b.low_edge, b.n, b.true_share) for b in bins] == [(0.0, 1, 0.0), (0.5, 2, 0.5)]


def test_a_claim_that_holds_is_told_apart_from_one_that_does_not(write_cohort):
    """Half of the moments false and half claimed: no gap; the same moments claiming none: a gap."""
    gaps = {}
    for claim in (0.5, 0.0):
        shown = [(22.0, claim), (50.0, claim)]
        folder = write_cohort({SMILE: found_there}, lambda r, s=shown: s if r == "sim-2" else [])
        gaps[claim] = moment_findings(Moments.of(read(folder)), planted_share=0.1, **DRAWS)[
            -1
        ].value
    assert gaps == {0.5: 0.0, 0.0: -0.5}


def study(**changes):
    settings = {
        "cohort": "cohort",
        "results": {"clean": "results/clean", "noise": "results/noise"},
        "patterns": (SMILE, CALM),
        "combined": ("expert_disagreement",),
        "hesitancy": ("hesitancy", "ambivalence"),
        "claimed_edges": (0.0, 0.5, 1.0),
        "n_draws": 20,
        "seed": 0,
    }
    return PlantedConflicts(**(settings | changes))


def test_a_level_is_shown_once_its_folder_is_there(write_cohort):
    columns = {SMILE: found_there, CALM: found_there}
    folder = write_cohort(columns, lambda r: [(22.0, 0.3)])
    titles = [table.title for table in study().run(folder).tables]
    assert "Degraded recordings" not in titles
    write_cohort({SMILE: lambda r: at(0), CALM: found_there}, nothing, level="noise")
    (levels,) = [t for t in study().run(folder).tables if t.title == "Degraded recordings"]
    assert [row[0] for row in levels.rows] == ["clean", "noise"]
    assert levels.rows[0][2].startswith("1.000") and not levels.rows[1][2].startswith("1.000")
    # One moment in each interview, and sim-1 has no conflict.
    assert levels.rows[0][4:] == ("2", "0.500", "1.000") and levels.rows[1][4:] == (
        "0",
        "–",
        "0.000",
    )


def test_no_moment_at_all_is_unknown_and_no_failure(write_cohort):
    folder = write_cohort({SMILE: found_there, CALM: found_there}, nothing)
    found = {f.what: f.value for f in study().run(folder).findings}
    assert np.isnan(found["moments shown that lie on a planted conflict (share)"])
    assert found["planted conflicts on which a moment is shown (share)"] == 0.0


def test_hesitancy_is_compared_with_the_moments_that_were_rated(write_cohort):
    """Rated are six answers of sim-2, two of which show A/H; the score is highest on one."""
    columns = {SMILE: found_there, "hesitancy": lambda r: at(1) if r == "sim-2" else at()}
    folder = write_cohort(columns, nothing)
    labels = "recording_id,participant_id,ambivalence\nsim-1,p-1,0\nsim-2,p-2,1\n"
    (folder / "cohort" / "labels.csv").write_text(labels)
    rows = [f"sim-2,{10 * i},{10 * i + 10},{int(i in (0, 1))}" for i in range(6)]
    text = "\n".join(["recording_id,start_s,end_s,ambivalence", *rows])
    (folder / "cohort" / "moments.csv").write_text(text + "\n")
    found = {f.what: f for f in study().run(folder).findings}
    area = found["A/H, hesitancy, marked utterances: AUROC"]
    # Answer 1 (1.0) is above all four without, answer 0 (0.0) level with answer 5 alone.
    assert area.n == 6 and area.value == pytest.approx((4 + 0.5) / 8)


def test_results_of_another_cohort_are_refused(write_cohort):
    folder = write_cohort({SMILE: found_there}, nothing)
    (folder / "cohort" / "truth" / "sim-2.json").unlink()
    with pytest.raises(SetupError, match="no truth about sim-2 in cohort"):
        study().run(folder)


def test_a_cohort_without_conflicts_is_refused(write_cohort):
    folder = write_cohort({SMILE: found_there}, nothing, planted={"sim-1": []})
    with pytest.raises(SetupError, match="no answer of the cohort carries a planted conflict"):
        study().run(folder)


def test_results_of_an_older_version_are_refused_with_what_to_do(write_cohort):
    folder = write_cohort({SMILE: found_there}, nothing)
    path = folder / "results" / "clean" / "sim-1" / "result.json"
    path.write_text(path.read_text().replace('"schema_version":', '"schema_version":9'))
    with pytest.raises(SetupError, match=r"sim-1: .* needed: extract it again"):
        study().run(folder)
