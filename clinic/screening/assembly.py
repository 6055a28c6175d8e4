"""Build a Screener from a composed configuration."""

from pathlib import Path

from omegaconf import DictConfig

from clinic.config import build, build_list
from clinic.errors import SetupError
from clinic.screening.judge import Judge
from clinic.screening.screener import Screener

MODELS_FOLDER = Path(__file__).resolve().parent.parent / "models"


def build_screener(config: DictConfig) -> Screener:
    """Build every component that the configuration names, and load the model.

    Raises:
        SetupError: A component cannot be built, or two extractors share a name.
    """
    extractors = build_list(config.features)
    names = [extractor.name for extractor in extractors]
    if len(set(names)) != len(names):
        raise SetupError(f"two feature components share a name: {sorted(names)} (features)")
    return Screener(
        reader=build(config.io.reader),
        segmenter=build(config.segmentation),
        extractors=extractors,
        inconsistency=build(config.inconsistency),
        safety=build(config.safety),
        quality=build(config.quality),
        judge=build_judge(config) if config.get("model") else None,
    )


def build_judge(config: DictConfig) -> Judge:
    """Load the model folder with its calibration, and build the explainer."""
    from clinic.calibration import load_settler
    from clinic.fusion import load_model

    folder = model_folder(str(config.model))
    return Judge(
        model=load_model(folder),
        settler=load_settler(folder, build(config.withholding)),
        explainer=build(config.explanation) if config.get("explanation") else None,
    )


def model_folder(name: str) -> Path:
    """Return the folder of a shipped model by name, or of a trained one by path.

    Raises:
        SetupError: Neither is there.
    """
    shipped = MODELS_FOLDER / name
    for folder in (shipped, Path(name).expanduser()):
        if (folder / "features.json").is_file():
            return folder
    known = sorted(p.parent.name for p in MODELS_FOLDER.glob("*/features.json"))
    raise SetupError(
        f"no model of that name or path: a folder with features.json needed, "
        f"shipped ones are {known} (model)"
    )
