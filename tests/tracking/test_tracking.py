"""What MLflow is told, and what it must never be told."""

import getpass
import sys
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from clinic.calibration import Calibration, TargetCalibration
from clinic.calibration.maps import Platt
from clinic.calibration.population import Population
from clinic.config import build, compose, conf_folder
from clinic.errors import SetupError
from clinic.evaluation import Evaluation, Scored, TrainingOutcome
from clinic.fusion import FeatureLayout, LayoutColumn, TrainedModel
from clinic.fusion.pooled_linear import PooledLinearNetwork
from clinic.records import (
    Condition,
    Modality,
    ModelSummary,
    Reference,
    Scale,
    SeverityEstimate,
)
from clinic.tracking import MlflowTracking, NoTracking, flat

pytestmark = pytest.mark.filterwarnings(
    # Raised inside MLflow's own libraries while it opens its database.
    "ignore::DeprecationWarning",
    "ignore::PendingDeprecationWarning",
    "ignore::FutureWarning",
)
RATING = Scale(
    condition="ambivalence",
    name="A/H",
    minimum=0,
    maximum=1,
    band_names=("no", "yes"),
    band_starts=(0, 1),
    cutoff=1,
    note="",
    source="",
)
SETTINGS = {
    "seed": 3,
    "store": "/home/anna/patients",
    "fusion": {"width": 32, "tables": {"text": ["lexical"]}},
    "note": "C:\\patients\\anna",
}


def outcome_of(participant: str = "secret-participant") -> TrainingOutcome:
    layout = FeatureLayout(
        columns=(LayoutColumn(table="t", column="c", modality=Modality.TEXT, group="g", unit="1"),)
    )
    generator = np.random.default_rng(0)
    scored = []
    for index in range(24):
        p = float(generator.uniform())
        scored.append(
            Scored(
                participant_id=f"{participant}-{index}",
                estimates=(
                    SeverityEstimate(
                        scale=RATING,
                        probabilities=(1 - p, p),
                        score=None,
                        interval=None,
                        coverage=0.9,
                        plausible_bands=(0, 1),
                    ),
                ),
                reference=Reference(
                    recording_id=f"secret-recording-{index}",
                    participant_id=f"{participant}-{index}",
                    scores={Condition.AMBIVALENCE: float(index % 2)},
                ),
                shown=np.array([]),
                shown_probability=np.array([]),
            )
        )
    evaluation = Evaluation(
        folds=({"ambivalence.auroc": 0.6}, {"ambivalence.auroc": float("nan")}),
        pooled={"ambivalence.auroc": 0.6},
        intervals={},
        scored=tuple(scored),
    )
    return TrainingOutcome(
        model=TrainedModel(
            network=PooledLinearNetwork(layout, [RATING]),
            layout=layout,
            scales=(RATING,),
            summary=ModelSummary(
                name="trial",
                version="1",
                weights_sha256="ab" * 32,
                trained_on="formulas",
                n_training_participants=10,
                banner="Not for use.",
                licence="MIT",
            ),
            background=np.zeros((1, 1)),
        ),
        calibration=Calibration(
            coverage=0.9,
            targets={
                "ambivalence": TargetCalibration(
                    probabilities=Platt(1.0, 0.0),
                    half_width=None,
                    least_probability=0.1,
                    segment_map=None,
                    n_subjects=10,
                )
            },
            population=Population({}, {}, {}),
            languages=(),
        ),
        cross_validated={"fusion": evaluation},
        test=evaluation,
        floor={},
        sizes={"training": 10, "validation": 5, "calibration": 5, "test": 24},
        seed=3,
    )


@pytest.fixture(scope="module")
def tracked(tmp_path_factory):
    """One training and one screening, logged once for all tests."""
    from mlflow.tracking import MlflowClient

    place = tmp_path_factory.mktemp("tracking")
    folder = place / "model"
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(b"weights")
    tracking = MlflowTracking(folder=str(place / "runs"), uri=None, experiment="clinic")
    training = tracking.log_training(outcome_of(), folder, SETTINGS)
    screening = tracking.log_screening(
        {"scored": 5, "withheld": 1, "failed": 0},
        {"face": 12.5},
        {"torch": "2.13.0"},
        {"workers": 2, "input": Path("/home/anna/patients"), "out": "~/anna"},
    )
    client = MlflowClient(f"sqlite:///{place / 'runs' / 'mlflow.db'}")
    return client, training, screening


def everything(run) -> str:
    return repr([run.data.tags, run.data.params, run.info.user_id, run.info.run_name])


def test_nothing_identifies_a_person_the_user_or_a_place(tracked):
    client, *runs = tracked
    for run_id in runs:
        text = everything(client.get_run(run_id))
        assert "anna" not in text
        assert "secret" not in text
        assert str(Path(sys.argv[0])) not in text
        assert f"'{getpass.getuser()}'" not in text
        assert "/" not in text
        assert "git" not in text


def test_no_figure_names_a_participant(tracked):
    client, training, _ = tracked
    place = Path(client.download_artifacts(training, "figures"))
    figures = list(place.rglob("*.svg"))
    assert len(figures) == 2
    assert not any("secret" in figure.read_text() for figure in figures)


def test_settings_and_metrics_per_fold_arrive(tracked):
    client, training, screening = tracked
    data = client.get_run(training).data
    assert data.params["fusion.width"] == "32"
    assert data.params["fusion.tables.text"] == "lexical"
    assert data.metrics["test.ambivalence.auroc"] == 0.6
    steps = client.get_metric_history(training, "fold.fusion.ambivalence.auroc")
    assert [(m.step, m.value) for m in steps] == [(0, 0.6)]  # NaN is left out
    counts = client.get_run(screening).data
    assert counts.metrics == {
        "count.scored": 5,
        "count.withheld": 1,
        "count.failed": 0,
        "seconds.face": 12.5,
    }
    assert counts.params == {"version.torch": "2.13.0", "workers": "2"}


def test_the_model_folder_is_registered(tracked):
    client, training, _ = tracked
    (version,) = client.search_model_versions("name='trial'")
    assert version.run_id == training
    assert version.tags["weights_sha256"] == "ab" * 32
    assert Path(client.download_artifacts(training, "model/weights.safetensors")).read_bytes()


def test_runs_end_finished(tracked):
    client, *runs = tracked
    assert all(client.get_run(run_id).info.status == "FINISHED" for run_id in runs)


def test_a_second_training_is_the_next_version(tmp_path):
    from mlflow.tracking import MlflowClient

    tracking = MlflowTracking(folder=str(tmp_path), uri=None, experiment="clinic")
    (tmp_path / "m").mkdir()
    for _ in range(2):
        tracking.log_training(outcome_of(), tmp_path / "m", {})
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert {int(v.version) for v in client.search_model_versions("name='trial'")} == {1, 2}


def test_none_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tracking = build(OmegaConf.load(conf_folder() / "tracking" / "none.yaml"))
    assert isinstance(tracking, NoTracking)
    assert tracking.log_training(outcome_of(), tmp_path, SETTINGS) is None
    assert tracking.log_screening({}, {}, {}, {}) is None
    assert not list(tmp_path.iterdir())


def test_local_and_none_compose_with_train():
    values = {"store": "s", "labels": "l", "out": "o"}
    local = build(compose("train", values=values).tracking)
    assert local == MlflowTracking(folder="o-tracking", uri=None, experiment="clinic")
    assert build(compose("train", ["tracking=none"], values=values).tracking) == NoTracking()


def test_an_unusable_store_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    tracking = MlflowTracking(folder=str(tmp_path / "file" / "runs"), uri=None, experiment="c")
    with pytest.raises(SetupError, match=r"tracking store cannot be opened \(tracking.uri\)"):
        tracking.log_screening({}, {}, {}, {})


def test_flat_drops_whatever_looks_like_a_place():
    assert dict(flat(SETTINGS)) == {
        "seed": "3",
        "fusion.width": "32",
        "fusion.tables.text": "lexical",
    }
    assert dict(flat({"a": [1, "/x"], "b": [], "c": None})) == {"b": "", "c": "None"}
