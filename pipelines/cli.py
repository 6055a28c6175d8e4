"""The ``clinic`` command. Heavy imports wait until a command runs, so that help is instant."""

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import clinic
from clinic.errors import ClinicError

EXIT_NOTHING_RUNS = 2
OUT = click.Path(file_okay=False, path_type=Path)
READABLE = click.Path(exists=True, path_type=Path)
KEY_VALUE = "[KEY=VALUE]..."


def configured(
    entry: str, *, step: str = "run", first: str | None = None
) -> Callable[[Callable[..., Mapping[str, object]]], Callable[..., None]]:
    """Turn a function that maps options to settings into a command over ``conf/<entry>.yaml``.

    Args:
        step: Function of ``pipelines.<entry>`` that runs.
        first: Setting that a first word without ``=`` fills, for a path that may be left out.
    """
    metavar = f"[{first.upper()}] {KEY_VALUE}" if first else KEY_VALUE

    def decorate(function: Callable[..., Mapping[str, object]]) -> Callable[..., None]:
        @click.option(
            "--cfg",
            type=click.Choice(["job"]),
            help="Print the composed configuration and stop.",
        )
        @click.option(
            "--conf",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Folder with further YAML files, searched after the shipped ones.",
        )
        @click.argument("overrides", nargs=-1, metavar=metavar)
        @wraps(function)
        def command(
            overrides: tuple[str, ...], cfg: str | None, conf: Path | None, **options: Any
        ) -> None:
            values = dict(function(**options))
            if first and overrides and "=" not in overrides[0]:
                values[first], *rest = overrides
                overrides = tuple(rest)
            run_entry(entry, overrides, values, step=step, show=cfg is not None, extra=conf)

        return command

    return decorate


def run_entry(
    entry: str,
    overrides: tuple[str, ...],
    values: Mapping[str, object],
    *,
    step: str,
    show: bool,
    extra: Path | None,
) -> None:
    """Compose, then print or run; leave with the exit code that the pipeline returns."""
    from clinic.config import compose, to_yaml

    try:
        config = compose(entry, overrides, values=values, extra=extra)
        if show:
            click.echo(to_yaml(config))
            return
        code = getattr(import_module(f"pipelines.{entry}"), step)(config)
    except ClinicError as error:
        click.echo(f"clinic {entry}: {error}", err=True)
        code = EXIT_NOTHING_RUNS
    except KeyboardInterrupt:
        click.echo(f"clinic {entry}: stopped; finished recordings are kept", err=True)
        code = 130
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(clinic.__version__, prog_name="clinic")
def main() -> None:
    """Screen interview recordings for depression, PTSD and ambivalence/hesitancy.

    Screening support for clinicians and researchers, not a diagnosis. Nothing leaves this
    machine. Every command takes Hydra overrides (group=choice, key=value) after its arguments;
    --cfg job shows what a run would use.

    Exit codes: 0 all scored or withheld, 1 some recordings failed, 2 nothing could run.
    """


@main.command()
@click.option("--out", type=OUT, required=True, help="Folder for media, transcripts and labels.")
@click.option("--participants", type=click.IntRange(1), help="How many participants to draw.")
@click.option("--seed", type=int, help="The same seed draws the same cohort.")
@click.option("--level", type=click.Choice(["media", "features"]), help="Media, or tables only.")
@click.option("--workers", type=click.IntRange(0), help="Worker processes.")
@configured("simulate")
def simulate(**options: Any) -> Mapping[str, object]:
    """Write simulated interviews with known truth."""
    return _given(options, rename={"participants": "n_participants"})


@main.command()
@click.argument("interviews", type=READABLE)
@click.option("--out", type=OUT, required=True, help="Feature store: one folder a recording.")
@click.option("--workers", type=click.IntRange(0), help="Worker processes; 0 runs in this one.")
@click.option("--resume/--no-resume", default=None, help="Keep finished recordings (default).")
@click.option("--dry-run", is_flag=True, default=None, help="Say what would be done, and stop.")
@configured("extract")
def extract(**options: Any) -> Mapping[str, object]:
    """Extract features and inconsistency signals; no severity is estimated.

    INTERVIEWS is a folder of recordings or a manifest (CSV or Parquet).
    """
    return _given(options, rename={"interviews": "input"})


@main.command()
@click.argument("interviews", type=READABLE)
@click.option("--out", type=OUT, required=True, help="One folder a recording, tables on top.")
@click.option("--model", help="Shipped model by name, or folder of a trained one.")
@click.option("--workers", type=click.IntRange(0), help="Worker processes; 0 runs in this one.")
@click.option("--resume/--no-resume", default=None, help="Keep finished recordings (default).")
@click.option("--dry-run", is_flag=True, default=None, help="Say what would be done, and stop.")
@configured("screen")
def screen(**options: Any) -> Mapping[str, object]:
    """Screen recordings: severity, explanation, PDF, FHIR bundle and tracking.

    INTERVIEWS is a folder of recordings or a manifest (CSV or Parquet).
    """
    return _given(options, rename={"interviews": "input"})


@main.command()
@click.argument("store", type=READABLE)
@click.option("--labels", type=READABLE, required=True, help="CSV with reference scores.")
@click.option("--moments", type=READABLE, help="CSV with A/H per stretch of time.")
@click.option("--out", type=OUT, required=True, help="Folder for the trained model.")
@click.option("--seed", type=int, help="Seed of splits and weights.")
@configured("train")
def train(**options: Any) -> Mapping[str, object]:
    """Train, calibrate and test a fusion model on a feature store (see extract)."""
    return _given(options)


@main.command()
@click.argument("features", type=READABLE)
@click.option("--labels", type=READABLE, required=True, help="CSV with the targets.")
@click.option("--split", type=READABLE, required=True, help="JSON folds, or CSV id,fold.")
@click.option("--target", "targets", multiple=True, help="Column of the labels; may be repeated.")
@click.option("--aliases", type=READABLE, help="CSV participant_id,same_as.")
@click.option("--out", type=OUT, help="Folder for audit.json and audit.md.")
@click.option("--seed", type=int, help="Seed of permutations and noise.")
@configured("audit")
def audit(**options: Any) -> Mapping[str, object]:
    """Look for leaks in a feature table and its split.

    FEATURES is Parquet or CSV, a row a recording or segment. Exit codes: 0 nothing failed, 1 a
    check failed, 2 the audit could not run.
    """
    return _given({**options, "targets": list(options["targets"]) or None})


@main.command()
@click.option("--labels", type=READABLE, help="CSV with reference scores.")
@click.option("--moments", type=READABLE, help="CSV with A/H per stretch of time.")
@click.option("--split", type=READABLE, help="Split file; else the data's own, else folds.")
@click.option("--out", type=OUT, required=True, help="Folder for report, tables and fits.")
@click.option("--workers", type=click.IntRange(0), help="Worker processes; 0 runs in this one.")
@click.option("--seed", type=int, help="First seed of folds and weights.")
@configured("evaluate", first="source")
def evaluate(**options: Any) -> Mapping[str, object]:
    """Compare models on the same people and folds; report, leakage audit and model card.

    SOURCE is a feature store (see extract), a folder of `clinic data import`, or, with
    experiment=NAME, the folder of a corpus. A second run goes on where the first stopped.
    """
    return _given(options)


@main.command()
@click.argument("results", type=READABLE)
@click.option("--out", type=OUT, help="Where to write; beside each result by default.")
@configured("report")
def report(**options: Any) -> Mapping[str, object]:
    """Render PDF and HTML again from stored results."""
    return _given(options)


@main.command()
@click.argument("results", type=READABLE)
@click.option("--out", type=OUT, help="Where to write; beside each result by default.")
@configured("export")
def export(**options: Any) -> Mapping[str, object]:
    """Write FHIR R4 bundles from stored results."""
    return _given(options)


@main.group()
def data() -> None:
    """Check a licensed corpus' folder, or import it for training.

    The corpus is guessed by its layout; data=NAME names it (data=e_daic).
    """


@data.command("check")
@click.argument("path", type=READABLE)
@configured("data", step="check")
def data_check(**options: Any) -> Mapping[str, object]:
    """Say what a corpus folder holds, what is missing, and what was mended.

    Exit codes: 0 as published, 1 something is missing or contradictory, 2 cannot be read.
    """
    return _given(options)


@data.command("import")
@click.argument("path", type=READABLE)
@click.option("--out", type=OUT, required=True, help="An empty folder.")
@click.option(
    "--source",
    type=click.Choice(["shipped", "media", "both"]),
    help="Features that the corpus ships, raw media with transcripts, or both (default).",
)
@configured("data", step="run_import")
def data_import(**options: Any) -> Mapping[str, object]:
    """Write a corpus as feature store, manifest, labels and official split.

    Then: clinic train OUT/store --labels OUT/labels.csv, or clinic extract OUT.
    """
    return _given(options)


@data.command("import-features")
@click.argument("path", type=READABLE)
@click.option(
    "--format",
    type=click.Choice(["openface", "opensmile", "pyfeat", "covarep", "mmsa"]),
    required=True,
    help="The tool that wrote the files.",
)
@click.option("--out", type=OUT, required=True, help="An empty folder.")
@click.option("--labels", type=READABLE, help="CSV recording_id,participant_id and scores.")
@click.option("--segments-s", type=click.FloatRange(0, min_open=True), help="Window length.")
@configured("peers", step="run_import")
def data_import_features(**options: Any) -> Mapping[str, object]:
    """Write another tool's feature files as feature store and labels.

    PATH is a folder, whose files are recordings named by their stem, or one file. Then:
    clinic evaluate OUT, or clinic train OUT/store --labels OUT/labels.csv.
    """
    return _given(options)


@data.command("export")
@click.argument("store", type=READABLE)
@click.option("--format", type=click.Choice(["mmsa", "abaw"]), required=True)
@click.option("--out", type=OUT, required=True, help="An empty folder.")
@click.option("--labels", type=READABLE, help="CSV with reference scores (mmsa).")
@click.option("--split", type=READABLE, help="Split file (mmsa).")
@configured("peers", step="run_export")
def data_export(**options: Any) -> Mapping[str, object]:
    """Write a feature store for MMSA, or predictions in ABAW's formats.

    STORE is a feature store or a folder of `clinic data import`; see docs/peers.md.
    """
    return _given(options)


@main.group()
def validate() -> None:
    """Measure how far the parts agree with people, on open data."""


@validate.command("affect")
@click.option("--data", type=READABLE, required=True, help="Folder with the studies' data.")
@click.option("--out", type=OUT, required=True, help="Folder for pages, figures and affect.json.")
@configured("validate")
def validate_affect(**options: Any) -> Mapping[str, object]:
    """Readings of words, voice and face, and their disagreement, against human ratings.

    One page a study; only='[votes]' runs one. A study whose data are missing is said aloud and
    its earlier page kept. Exit codes: 0 all ran, 1 some did not, 2 none did.
    """
    return _given(options)


@main.command()
@configured("doctor")
def doctor() -> Mapping[str, object]:
    """Check the installation: packages, system libraries, weights, licences."""
    return {}


def _given(
    options: Mapping[str, Any], *, rename: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Keep the options that were given, under their configuration keys; paths as text."""
    names = rename or {}
    return {
        names.get(key, key): str(value) if isinstance(value, Path) else value
        for key, value in options.items()
        if value is not None
    }


if __name__ == "__main__":
    main()
