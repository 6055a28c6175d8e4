"""``clinic evaluate`` as a user calls it: what it writes, what it refuses, how it goes on."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from clinic.evaluation.study.results import read_result
from clinic.io.store import read_case, write_case
from pipelines.cli import main

TABLES = ("tables={text:[simulated_text],voice:[simulated_voice],face:[simulated_face],cross:[]}",)
QUICK = (
    *TABLES,
    "only=[majority,metadata,text_linear,pooled_linear]",
    "splits.n_repeats=2",
    "splits.n_folds=2",
    "splits.validation_share=0.1",
    "robustness=none",
    "leakage@audit=none",
    "n_draws=50",
    "tracking=none",
    "subgroups.least_n=5",
)

#: What it takes to see how bad input ends.
FEW = (*QUICK, "only=[majority,pooled_linear]", "splits.n_repeats=1")


def clinic(*arguments: str):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("cohort")
    done = clinic("simulate", "--level", "features", "--participants", 70, "--out", out)
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture(scope="module")
def evaluated(cohort, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("evaluated")
    done = clinic("evaluate", cohort, "--out", out, *QUICK)
    assert done.exit_code == 0, done.output
    return out


def labels_with(cohort: Path, folder: Path, change) -> Path:
    lines = (cohort / "labels.csv").read_text().splitlines()
    header = lines[0].split(",")
    rows = [dict(zip(header, line.split(","), strict=True)) for line in lines[1:]]
    rows = change(rows)
    path = folder / "labels.csv"
    columns = list(rows[0])
    text = [",".join(columns), *(",".join(row[c] for c in columns) for row in rows)]
    path.write_text("\n".join(text) + "\n")
    return path


def test_everything_that_the_documentation_names_is_written(evaluated):
    names = {path.name for path in evaluated.iterdir()}
    assert {
        "report.html",
        "report.pdf",
        "metrics.csv",
        "evaluation.json",
        "card.md",
        "split.json",
        "fits",
    } <= names


def test_every_number_has_an_interval_n_and_repeats(evaluated):
    result = read_result(evaluated)
    assert [row.model for row in result.models] == [
        "majority",
        "metadata",
        "text_linear",
        "pooled_linear",
    ]
    mae = list(result.rows(metric="mae", group="all", target="depression"))
    assert len(mae) == 4
    for row in mae:
        assert row.low <= row.value <= row.high
        assert (row.n_participants, row.n_repeats) == (70, 2)
        assert not np.isnan(row.sd)


def test_the_majority_model_is_a_coin_by_rank(evaluated):
    row = read_result(evaluated).value("majority", "ambivalence", "auroc")
    assert (row.value, row.low, row.high) == (0.5, 0.5, 0.5)


def test_small_subgroups_are_named_and_not_computed(cohort, tmp_path):
    done = clinic("evaluate", cohort, "--out", tmp_path, *QUICK, "subgroups.least_n=1000")
    assert done.exit_code == 0, done.output
    rows = [r for r in read_result(tmp_path).metrics if r.group.startswith("sex=")]
    assert rows and all(np.isnan(row.value) and "1000 needed" in row.note for row in rows)


def test_a_second_run_fits_nothing_and_says_the_same(cohort, evaluated):
    before = read_result(evaluated).metrics
    done = clinic("evaluate", cohort, "--out", evaluated, *QUICK)
    assert "16 of 16 fits are there already" in done.output
    assert repr(read_result(evaluated).metrics) == repr(before)


def test_no_path_of_this_machine_is_written(cohort, evaluated):
    for name in ("evaluation.json", "metrics.csv", "report.html", "card.md", "split.json"):
        text = (evaluated / name).read_text()
        assert str(evaluated) not in text and str(cohort) not in text


def test_a_changed_split_file_decides_who_is_scored(cohort, tmp_path):
    people = [line.split(",")[1] for line in (cohort / "labels.csv").read_text().splitlines()[1:]]
    split = {"name": "mine", "folds": [{"training": people[:50], "test": people[50:]}]}
    (tmp_path / "mine.json").write_text(json.dumps(split))
    out = tmp_path / "out"
    done = clinic("evaluate", cohort, "--split", tmp_path / "mine.json", "--out", out, *QUICK)
    assert done.exit_code == 0, done.output
    used = json.loads((out / "split.json").read_text())
    assert [fold["test"] for fold in used["folds"]] == [sorted(people[50:])] * 2
    assert read_result(out).value("majority", "depression", "mae").n_participants == 20


def test_a_participant_in_two_folds_stops_everything(cohort, tmp_path):
    people = [line.split(",")[1] for line in (cohort / "labels.csv").read_text().splitlines()[1:]]
    split = {"folds": [{"training": people[:51], "test": people[50:]}]}
    (tmp_path / "mine.json").write_text(json.dumps(split))
    done = clinic(
        "evaluate", cohort, "--split", tmp_path / "mine.json", "--out", tmp_path / "o", *QUICK
    )
    assert done.exit_code == 2
    assert f"participant {people[50]} is in training and in test" in done.output


def test_blank_labels_are_not_scored_and_the_rest_is(cohort, tmp_path):
    def blank(rows):
        return [{**row, "ptsd": "" if i % 7 == 0 else row["ptsd"]} for i, row in enumerate(rows)]

    labels = labels_with(cohort, tmp_path, blank)
    out = tmp_path / "out"
    done = clinic("evaluate", cohort, "--labels", labels, "--out", out, *FEW)
    assert done.exit_code == 0, done.output
    result = read_result(out)
    assert result.value("majority", "ptsd", "mae").n_participants == 60
    assert result.value("majority", "depression", "mae").n_participants == 70
    assert any("10 of 70 participants have no PCL-C" in note for note in result.notes)


def test_a_label_that_is_no_number_names_its_line(cohort, tmp_path):
    def broken(rows):
        return [{**row, "depression": "nan"} if i == 3 else row for i, row in enumerate(rows)]

    labels = labels_with(cohort, tmp_path, broken)
    done = clinic("evaluate", cohort, "--labels", labels, "--out", tmp_path / "out", *FEW)
    assert done.exit_code == 2
    assert "line 5: depression is no number" in done.output


def test_a_score_off_its_scale_names_its_recording(cohort, tmp_path):
    def broken(rows):
        return [{**row, "depression": "99"} if i == 3 else row for i, row in enumerate(rows)]

    labels = labels_with(cohort, tmp_path, broken)
    done = clinic("evaluate", cohort, "--labels", labels, "--out", tmp_path / "out", *FEW)
    assert done.exit_code == 2
    assert "recording sim-0004: depression is 99, PHQ-8 goes from 0 to 24" in done.output


def test_a_misspelt_label_column_is_no_attribute(cohort, tmp_path):
    def renamed(rows):
        return [{k.replace("depression", "depresion"): v for k, v in r.items()} for r in rows]

    labels = labels_with(cohort, tmp_path, renamed)
    done = clinic("evaluate", cohort, "--labels", labels, "--out", tmp_path / "out", *FEW)
    assert done.exit_code == 2
    assert "column 'depresion' is not known, 'depression' is meant?" in done.output


def test_the_documented_first_steps_work_with_everything_on(cohort, tmp_path):
    """Shipped settings but for fewer models, folds and draws: degradations, audit, tracking."""
    done = clinic(
        "evaluate", cohort, "--out", tmp_path, "experiment=simulated",
        "only=[majority,voice_linear,pooled_linear]", "splits.n_repeats=1", "splits.n_folds=2",
        "splits.validation_share=0.1", "n_draws=50",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    result = read_result(tmp_path)
    segments = result.value("pooled_linear", "ambivalence_segments", "auprc")
    assert segments.low <= segments.value <= segments.high
    assert any(row.variant == "lost: only voice" for row in result.metrics)
    assert result.audit["verdict"] in ("pass", "warn")
    assert (tmp_path / "tracking").is_dir()


def test_recordings_without_a_label_are_told(cohort, tmp_path):
    labels = labels_with(cohort, tmp_path, lambda rows: rows[:-5])
    out = tmp_path / "out"
    assert clinic("evaluate", cohort, "--labels", labels, "--out", out, *FEW).exit_code == 0
    assert any("5 recordings of the store have no line" in n for n in read_result(out).notes)


def test_a_condition_that_nobody_has_is_told_not_invented(cohort, tmp_path):
    labels = labels_with(cohort, tmp_path, lambda rows: [{**row, "ptsd": ""} for row in rows])
    out = tmp_path / "out"
    assert clinic("evaluate", cohort, "--labels", labels, "--out", out, *FEW).exit_code == 0
    result = read_result(out)
    assert not list(result.rows(target="ptsd"))
    assert any("PCL-C was estimated by no model" in note for note in result.notes)


def test_one_participant_alone_is_too_few(cohort, tmp_path):
    labels = labels_with(cohort, tmp_path, lambda rows: rows[:1])
    done = clinic("evaluate", cohort, "--labels", labels, "--out", tmp_path / "out", *FEW)
    assert done.exit_code == 2
    assert "1 participants, 2 folds (splits.n_folds)" in done.output


def test_too_few_people_for_a_role_stop_before_the_first_fit(cohort, tmp_path):
    labels = labels_with(cohort, tmp_path, lambda rows: rows[:3])
    done = clinic("evaluate", cohort, "--labels", labels, "--out", tmp_path / "out", *FEW)
    assert done.exit_code == 2
    assert "more participants or other shares needed (splits)" in done.output


def test_too_few_references_cost_the_fit_and_are_said(cohort, tmp_path):
    labels = labels_with(cohort, tmp_path, lambda rows: rows[:20])
    done = clinic("evaluate", cohort, "--labels", labels, "--out", tmp_path / "out", *FEW)
    assert done.exit_code == 1
    assert "no scale has 10 references" in done.output
    result = read_result(tmp_path / "out")
    assert [row.n_failed for row in result.models] == [2, 2]


def test_a_model_whose_tables_are_missing_is_left_out_and_named(cohort, tmp_path):
    done = clinic("evaluate", cohort, "--out", tmp_path, *FEW, "only=[majority,interviewer]")
    assert done.exit_code == 0, done.output
    assert "interviewer: not run: the data have no table interviewer" in done.output


def test_an_unknown_model_is_answered_with_the_known_ones(cohort, tmp_path):
    done = clinic("evaluate", cohort, "--out", tmp_path, *FEW, "only=[magic]")
    assert done.exit_code == 2
    assert "no model magic" in done.output and "pooled_linear" in done.output


def changed_store(cohort: Path, folder: Path, change) -> Path:
    for path in sorted((cohort / "store").iterdir()):
        case = read_case(path)
        tables = tuple(change(table) for table in case.tables)
        (folder / "store" / path.name).mkdir(parents=True)
        write_case(
            folder / "store" / path.name,
            type(case)(
                recording_id=case.recording_id,
                participant_id=case.participant_id,
                segments=case.segments,
                tables=tables,
            ),
        )
    (folder / "labels.csv").write_text((cohort / "labels.csv").read_text())
    return folder


def test_a_modality_absent_for_everybody_leaves_its_model_at_the_floor(cohort, tmp_path):
    def mute(table):
        if table.modality != "text":
            return table
        return type(table)(
            **{
                **vars(table),
                "values": np.full_like(table.values, np.nan),
                "coverage": np.zeros_like(table.coverage),
            }
        )

    source = changed_store(cohort, tmp_path / "mute", mute)
    out = tmp_path / "out"
    done = clinic("evaluate", source, "--out", out, *FEW, "only=[majority,text_linear]")
    assert done.exit_code == 0, done.output
    result = read_result(out)
    assert result.value("text_linear", "depression", "auroc").value == pytest.approx(0.5)
    assert any("text" in note and "nobody" in note for note in result.notes)


def test_constant_features_are_no_crash(cohort, tmp_path):
    source = changed_store(
        cohort, tmp_path / "flat", lambda table: table.with_values(0 * table.values)
    )
    out = tmp_path / "out"
    done = clinic("evaluate", source, "--out", out, *FEW)
    assert done.exit_code == 0, done.output
    assert read_result(out).value("pooled_linear", "depression", "auroc").value == 0.5


def test_mlflow_gets_a_parent_and_a_child_per_model(cohort, tmp_path):
    from mlflow.tracking import MlflowClient

    quick = [o for o in FEW if o not in ("tracking=none", "robustness=none")]
    assert clinic("evaluate", cohort, "--out", tmp_path / "o", *quick).exit_code == 0
    client = MlflowClient(f"sqlite:///{tmp_path / 'o' / 'tracking' / 'mlflow.db'}")
    (experiment,) = [e for e in client.search_experiments() if e.name == "clinic"]
    runs = client.search_runs([experiment.experiment_id])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert len(parents) == 1
    children = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id]
    assert {run.info.run_name for run in children} == {"majority", "pooled_linear"}
    linear = next(run for run in children if run.info.run_name == "pooled_linear")
    value = read_result(tmp_path / "o").value("pooled_linear", "depression", "mae").value
    assert linear.data.metrics["depression.mae"] == pytest.approx(value)
    assert "depression.mae / only text voice" in linear.data.metrics
    files = {f.path for f in client.list_artifacts(parents[0].info.run_id)}
    assert {"report.pdf", "metrics.csv", "card.md"} <= files and "fits" not in files


def test_settings_may_come_without_a_source(tmp_path):
    done = clinic("evaluate", "--out", tmp_path, "only=[majority]")
    assert done.exit_code == 2
    assert "no data: give a folder" in done.output


def test_a_source_that_is_not_there_is_named(tmp_path):
    done = clinic("evaluate", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "nowhere is no folder (source)" in done.output
