"""Compose the configuration of one entry point with Hydra."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from clinic.errors import SetupError

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent


def conf_folder() -> Path:
    """Return the folder of YAML files: inside the wheel, or at the root of a checkout.

    Raises:
        SetupError: Neither is there.
    """
    for folder in (PACKAGE_FOLDER / "conf", PACKAGE_FOLDER.parent / "conf"):
        if folder.is_dir():
            return folder
    raise SetupError("conf folder not found beside the package: reinstall clinic-screening")


def compose(
    entry: str,
    overrides: Sequence[str] = (),
    *,
    values: Mapping[str, object] | None = None,
    extra: Path | None = None,
) -> DictConfig:
    """Compose ``conf/<entry>.yaml`` with overrides; an unknown key stops the run.

    Args:
        entry: Name of the entry point, such as ``screen``.
        overrides: Hydra overrides, ``key=value`` or ``group=choice``.
        values: Top-level keys set as they are, without Hydra's grammar (paths with spaces).
        extra: A user's folder of YAML files, searched after our own.

    Raises:
        SetupError: An override names a key, group or choice that does not exist.
    """
    import hydra
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    search = [f"hydra.searchpath=[file://{extra.resolve()}]"] if extra else []
    GlobalHydra.instance().clear()
    try:
        with hydra.initialize_config_dir(str(conf_folder()), version_base="1.3"):
            config = hydra.compose(entry, overrides=[*search, *overrides])
    # ValueError: Hydra's own for an override of a group that is neither a name nor a list.
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise SetupError(f"configuration of {entry}: {_first_lines(error)}") from error
    OmegaConf.set_struct(config, True)
    for key, value in (values or {}).items():
        config[key] = value
    missing = sorted(str(key) for key in config if OmegaConf.is_missing(config, key))
    if missing:
        raise SetupError(f"configuration of {entry}: no value for {', '.join(missing)}")
    return config


def to_yaml(config: DictConfig) -> str:
    """Return the composed configuration as YAML, references resolved."""
    return OmegaConf.to_yaml(config, resolve=True)


def settings_digest(config: DictConfig) -> str:
    """Return the SHA-256 of the resolved configuration."""
    return hashlib.sha256(to_yaml(config).encode()).hexdigest()


def _first_lines(error: Exception) -> str:
    text = " ".join(part.strip() for part in str(error).splitlines()[:3])
    return text.replace("To append to your config use ", "to add a new key use ")
