"""The model folder: written whole or not at all, verified before anything in it is used.

``weights.safetensors``, ``config.yaml`` (how it was made), ``features.json`` (input columns),
``background.parquet`` (for explanations), ``model.json`` (what reports say about it),
``calibration.json``, ``card.md``, and ``SHA256SUMS`` over all of them in the format of
``sha256sum``. No pickle, no path, no participant id.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from omegaconf import DictConfig, OmegaConf
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors

from clinic.config import build, build_list
from clinic.errors import SetupError
from clinic.fusion.base import FusionRecipe
from clinic.fusion.layout import FeatureLayout
from clinic.fusion.model import TrainedModel
from clinic.fusion.training import weight_bytes
from clinic.records import ModelSummary, Scale

CHECKSUMS = "SHA256SUMS"
REQUIRED = (
    "weights.safetensors",
    "config.yaml",
    "features.json",
    "background.parquet",
    "model.json",
    "calibration.json",
    "card.md",
)
#: Parts of the composed configuration that are kept: settings, never where data lies.
KEPT_SETTINGS = ("fusion", "scales", "calibration", "trainer", "splits", "seed")


def write_model_folder(
    folder: Path, model: TrainedModel, config: DictConfig, texts: Mapping[str, str]
) -> None:
    """Write a model folder, replacing an older model folder of that name.

    Args:
        texts: Contents of ``calibration.json`` and ``card.md``.

    Raises:
        SetupError: The place is taken by something that is not a model folder, or cannot be
            written.
    """
    if folder.exists() and not (folder / CHECKSUMS).is_file():
        raise SetupError(f"{folder.name} exists and is no model folder: choose another (out)")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _write_files(draft, model, config, texts)
            draft.chmod(0o755)
            if folder.exists():
                shutil.rmtree(folder)
            draft.replace(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise SetupError(f"model folder cannot be written (out): {error.strerror}") from error


def load_model(folder: Path) -> TrainedModel:
    """Load a model folder after checking every file against ``SHA256SUMS``.

    Raises:
        SetupError: A file is missing, changed or does not fit the others.
    """
    verify(folder)
    config = OmegaConf.load(folder / "config.yaml")
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    layout = FeatureLayout.from_json((folder / "features.json").read_text(encoding="utf-8"))
    assert isinstance(config, DictConfig)
    _require_ours(config)
    recipe: FusionRecipe = build(config.fusion)
    known: dict[str, Scale] = {str(s.condition): s for s in build_list(config.scales)}
    scales = tuple(known[name] for name in facts["targets"])
    network = recipe.network(layout, scales)
    try:
        network.load_state_dict(load_tensors((folder / "weights.safetensors").read_bytes()))
    except (SafetensorError, RuntimeError) as error:
        line = str(error).splitlines()[-1].strip()
        raise SetupError(f"weights.safetensors does not fit features.json: {line}") from error
    network.eval()
    return TrainedModel(
        network=network,
        layout=layout,
        scales=scales,
        summary=ModelSummary(**facts["summary"]),
        background=_read_background(folder, layout),
    )


def verify(folder: Path) -> str:
    """Check every file of a model folder; return the SHA-256 of the list itself.

    Raises:
        SetupError: Not a model folder, or a file is missing, unlisted or changed.
    """
    listing = folder / CHECKSUMS
    if not listing.is_file():
        raise SetupError(f"{folder.name} is no model folder: {CHECKSUMS} is missing (model)")
    listed: dict[str, str] = {}
    for line in listing.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    for name in REQUIRED:
        if name not in listed or not (folder / name).is_file():
            raise SetupError(f"model folder {folder.name} lacks {name}")
    for name, digest in listed.items():
        if "/" in name or not (folder / name).is_file():
            raise SetupError(f"model folder {folder.name} lacks {name}")
        found = _sha256(folder / name)
        if found != digest:
            raise SetupError(
                f"model folder {folder.name}: {name} has changed since training "
                f"(SHA-256 {found[:12]}, {digest[:12]} listed in {CHECKSUMS})"
            )
    return _sha256(listing)


def kept_settings(config: DictConfig) -> DictConfig:
    """Return the settings that decide numbers, without paths and tracking."""
    plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    return OmegaConf.create({key: plain[key] for key in KEPT_SETTINGS if key in plain})


def tracked_settings(config: DictConfig) -> dict[str, object]:
    """Return the kept settings as plain values, without the scales, which never vary."""
    plain = OmegaConf.to_container(kept_settings(config), resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items() if key != "scales"}


def _write_files(
    draft: Path, model: TrainedModel, config: DictConfig, texts: Mapping[str, str]
) -> None:
    (draft / "weights.safetensors").write_bytes(weight_bytes(model.network))
    facts = {"summary": asdict(model.summary), "targets": list(model.output_names)}
    contents = {
        "config.yaml": OmegaConf.to_yaml(kept_settings(config)),
        "features.json": model.layout.to_json(),
        "model.json": json.dumps(facts, indent=1) + "\n",
        **texts,
    }
    for name, text in contents.items():
        (draft / name).write_text(text, encoding="utf-8")
    _write_background(draft, model)
    lines = [f"{_sha256(path)}  {path.name}\n" for path in sorted(draft.iterdir())]
    (draft / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def _write_background(draft: Path, model: TrainedModel) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    names = [f"{column.table}.{column.column}" for column in model.layout.columns]
    arrays = [pa.array(column, type=pa.float32()) for column in model.background.T]
    parquet.write_table(pa.table(arrays, names=names), draft / "background.parquet")


def _read_background(folder: Path, layout: FeatureLayout) -> NDArray[np.float64]:
    from pyarrow import parquet

    table = parquet.read_table(folder / "background.parquet")
    names = [f"{column.table}.{column.column}" for column in layout.columns]
    if table.column_names != names:
        raise SetupError("background.parquet and features.json name different columns")
    columns = [column.to_numpy().astype(np.float64) for column in table.columns]
    return np.stack(columns, axis=1)


def _require_ours(config: DictConfig) -> None:
    """Refuse a folder whose settings would build anything but a fusion model and scales."""
    for target in _targets(OmegaConf.to_container(config.get("fusion"))):
        if not target.startswith(("clinic.fusion.", "torch.optim.")):
            raise SetupError(f"config.yaml of the model names {target!r}, not a fusion model")
    for target in _targets(OmegaConf.to_container(config.get("scales"))):
        if target != "clinic.records.Scale":
            raise SetupError(f"config.yaml of the model names {target!r}, not a scale")


def _targets(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "_target_":
                yield str(value)
            else:
                yield from _targets(value)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
