"""Track trainings and screenings with MLflow; nothing that identifies a person gets in.

Runs are made through the client, never through the fluent interface, which would tag the
operating-system user, the script's path and the git remote. Settings pass a filter that drops
whatever looks like a place in a file system. Models are logged as the folder they are: no
pickle, no guessing of requirements.
"""

import logging
import math
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from clinic.errors import SetupError
from clinic.evaluation import TrainingOutcome
from clinic.evaluation.study.results import EvaluationResult, ModelRow

#: Tags that MLflow would fill with the user, the script and the repository.
NEUTRAL_TAGS = {
    "mlflow.user": "clinic",
    "mlflow.source.name": "clinic",
    "mlflow.source.type": "LOCAL",
}
#: What an evaluation writes that holds no estimate of a person.
EVALUATION_FILES = (
    "evaluation.json",
    "metrics.csv",
    "report.html",
    "report.pdf",
    "card.md",
    "audit.json",
    "audit.md",
)
#: MLflow takes letters, digits and a few marks in the name of a metric.
_NOT_IN_A_NAME = re.compile(r"[^\w\-. :/]")
#: MLflow refuses longer parameter values.
LONGEST_VALUE = 500


class Tracking(Protocol):
    """A choice under ``conf/tracking``. Both calls return the run's id, None if not tracked."""

    def log_training(
        self, outcome: TrainingOutcome, folder: Path, settings: Mapping[str, object]
    ) -> str | None: ...
    def log_screening(
        self,
        counts: Mapping[str, int],
        timings: Mapping[str, float],
        versions: Mapping[str, str],
        settings: Mapping[str, object],
    ) -> str | None: ...
    def log_evaluation(
        self, result: EvaluationResult, folder: Path, settings: Mapping[str, object]
    ) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class NoTracking:
    """Tracks nothing."""

    def log_training(
        self, outcome: TrainingOutcome, folder: Path, settings: Mapping[str, object]
    ) -> str | None:
        """Do nothing."""
        del outcome, folder, settings
        return None

    def log_screening(
        self,
        counts: Mapping[str, int],
        timings: Mapping[str, float],
        versions: Mapping[str, str],
        settings: Mapping[str, object],
    ) -> str | None:
        """Do nothing."""
        del counts, timings, versions, settings
        return None

    def log_evaluation(
        self, result: EvaluationResult, folder: Path, settings: Mapping[str, object]
    ) -> str | None:
        """Do nothing."""
        del result, folder, settings
        return None


@dataclass(frozen=True, kw_only=True)
class MlflowTracking:
    """Tracks with MLflow.

    Args:
        folder: Where the SQLite database and the artifacts go.
        uri: A tracking server or database instead of the one in ``folder``; null for that one.
        experiment: Name of the MLflow experiment.
    """

    folder: str
    uri: str | None
    experiment: str

    def log_training(
        self, outcome: TrainingOutcome, folder: Path, settings: Mapping[str, object]
    ) -> str | None:
        """Log a training: settings, metrics per fold, figures, model folder, registered model.

        Args:
            folder: The finished model folder.
            settings: Composed configuration as plain values.
        """
        client = self._client()
        run_id = self._start(client, "train")
        self._params(client, run_id, settings)
        self._metrics(client, run_id, {f"n.{k}": float(v) for k, v in outcome.sizes.items()})
        for name, evaluation in outcome.cross_validated.items():
            for step, fold in enumerate(evaluation.folds):
                named = {f"fold.{name}.{key}": value for key, value in fold.items()}
                self._metrics(client, run_id, named, step=step)
            named = {f"cv.{name}.{key}": value for key, value in evaluation.pooled.items()}
            self._metrics(client, run_id, named)
        if outcome.test is not None:
            named = {f"test.{key}": value for key, value in outcome.test.pooled.items()}
            self._metrics(client, run_id, named)
        self._figures(client, run_id, outcome)
        client.log_artifacts(run_id, str(folder), artifact_path="model")
        self._register(client, run_id, outcome)
        client.set_terminated(run_id)
        return run_id

    def log_screening(
        self,
        counts: Mapping[str, int],
        timings: Mapping[str, float],
        versions: Mapping[str, str],
        settings: Mapping[str, object],
    ) -> str | None:
        """Log a screening: how many, how long, with what; never who.

        Args:
            counts: Such as ``scored``, ``withheld``, ``failed``.
            timings: Seconds by stage.
            versions: Of software, model and weights.
        """
        client = self._client()
        run_id = self._start(client, "screen")
        self._metrics(client, run_id, {f"count.{key}": float(v) for key, v in counts.items()})
        self._metrics(client, run_id, {f"seconds.{key}": v for key, v in timings.items()})
        self._params(client, run_id, {"version": dict(versions), **settings})
        client.set_terminated(run_id)
        return run_id

    def log_evaluation(
        self, result: EvaluationResult, folder: Path, settings: Mapping[str, object]
    ) -> str | None:
        """Log an evaluation: one parent run with the report, one child run a model.

        Args:
            folder: Where the report was written; people's estimates in it are not logged.
            settings: Composed configuration as plain values.

        Raises:
            SetupError: MLflow refuses something; the report is there all the same.
        """
        from mlflow.exceptions import MlflowException

        try:
            return self._log_evaluation(result, folder, settings)
        except MlflowException as error:
            line = str(error).splitlines()[0]
            raise SetupError(f"the evaluation was not tracked: {line} (tracking)") from error

    def _log_evaluation(
        self, result: EvaluationResult, folder: Path, settings: Mapping[str, object]
    ) -> str:
        client = self._client()
        parent = self._start(client, "evaluate", name=result.title)
        models = settings.get("models", {})
        assert isinstance(models, Mapping)
        self._params(client, parent, {k: v for k, v in settings.items() if k != "models"})
        self._params(client, parent, {"split_sha256": result.split_sha256})
        self._metrics(client, parent, {"n.participants": float(result.n_participants)})
        for row in result.models:
            child = self._start(client, "evaluate", name=row.model, parent=parent)
            self._params(client, child, {"model": models.get(row.model, {})})
            self._metrics(client, child, _metrics_of(result, row))
            client.set_terminated(child, "FINISHED" if row.n_fits else "FAILED")
        for name in EVALUATION_FILES:
            if (folder / name).is_file():
                client.log_artifact(parent, str(folder / name))
        client.set_terminated(parent)
        return parent

    @property
    def _is_local(self) -> bool:
        return self.uri is None or self.uri.startswith("sqlite:")

    def _client(self) -> Any:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        # Creation of the tables is announced line by line at level INFO.
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        place = Path(self.folder).resolve()
        try:
            if self._is_local:
                place.mkdir(parents=True, exist_ok=True)
            uri = self.uri or f"sqlite:///{place / 'mlflow.db'}"
            return MlflowClient(tracking_uri=uri, registry_uri=uri)
        except (OSError, MlflowException) as error:
            raise SetupError(f"tracking store cannot be opened (tracking.uri): {error}") from error

    def _start(
        self, client: Any, kind: str, *, name: str | None = None, parent: str | None = None
    ) -> str:
        found = client.get_experiment_by_name(self.experiment)
        if found is not None:
            experiment_id = found.experiment_id
        else:
            artifacts = Path(self.folder).resolve() / "artifacts"
            location = artifacts.as_uri() if self._is_local else None
            experiment_id = client.create_experiment(self.experiment, location)
        tags = {**NEUTRAL_TAGS, "clinic.kind": kind}
        if parent is not None:
            tags["mlflow.parentRunId"] = parent
        run = client.create_run(experiment_id, tags=tags, run_name=name or kind)
        return str(run.info.run_id)

    def _params(self, client: Any, run_id: str, settings: Mapping[str, object]) -> None:
        from mlflow.entities import Param

        pairs = dict(flat(settings))
        client.log_batch(run_id, params=[Param(key, value) for key, value in pairs.items()])

    def _metrics(
        self, client: Any, run_id: str, values: Mapping[str, float], *, step: int = 0
    ) -> None:
        from mlflow.entities import Metric

        now_ms = int(time.time() * 1000)
        finite = {key: value for key, value in values.items() if math.isfinite(value)}
        client.log_batch(run_id, metrics=[Metric(k, v, now_ms, step) for k, v in finite.items()])

    def _figures(self, client: Any, run_id: str, outcome: TrainingOutcome) -> None:
        from clinic.evaluation.plots import write_plots

        shown = {**outcome.cross_validated, **({"test": outcome.test} if outcome.test else {})}
        with tempfile.TemporaryDirectory() as draft:
            for name, evaluation in shown.items():
                place = Path(draft) / name
                place.mkdir()
                for scale in outcome.model.scales:
                    write_plots(evaluation, scale, place)
            client.log_artifacts(run_id, draft, artifact_path="figures")

    def _register(self, client: Any, run_id: str, outcome: TrainingOutcome) -> None:
        from mlflow.exceptions import MlflowException

        summary = outcome.model.summary
        try:
            client.get_registered_model(summary.name)
        except MlflowException:
            client.create_registered_model(summary.name, description=summary.banner)
        source = f"{client.get_run(run_id).info.artifact_uri}/model"
        client.create_model_version(
            summary.name,
            source,
            run_id=run_id,
            tags={"weights_sha256": summary.weights_sha256, "version": summary.version},
        )


def _metrics_of(result: EvaluationResult, model: ModelRow) -> dict[str, float]:
    """Return a model's numbers over everybody by name, with interval and deviation."""
    found = {
        "fit_cpu_s": model.fit_cpu_s,
        "n_parameters": float(model.n_parameters),
        "n_fits": float(model.n_fits),
        "n_failed": float(model.n_failed),
    }
    for row in result.rows(model=model.model, group="all"):
        name = f"{row.target}.{row.metric}"
        if row.variant != "clean":
            name = _NOT_IN_A_NAME.sub(" ", f"{name} / {row.variant}")
        found |= {name: row.value, f"{name}.low": row.low, f"{name}.high": row.high}
        found[f"{name}.sd"] = row.sd
    return found


def flat(settings: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield settings as ``a.b.c`` and text, without anything that looks like a path.

    Example:
        >>> dict(flat({"seed": 1, "io": {"input": "/data/anna", "rate_hz": 16000}}))
        {'seed': '1', 'io.rate_hz': '16000'}
    """
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}.")
        elif isinstance(value, list | tuple):
            kept = [item for item in value if isinstance(item, str | int | float)]
            text = ", ".join(str(item) for item in kept)
            if not _is_path(text):
                yield name, text[:LONGEST_VALUE]
        elif not isinstance(value, Path) and not _is_path(str(value)):
            yield name, str(value)[:LONGEST_VALUE]


def _is_path(text: str) -> bool:
    return any(mark in text for mark in ("/", "\\", "~"))
