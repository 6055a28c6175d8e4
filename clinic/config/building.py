"""Build components from configuration: the one call to Hydra's ``instantiate``."""

from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from clinic.errors import ClinicError, SetupError

#: A configuration file may build from these packages only: a YAML must not run arbitrary code.
ALLOWED_PREFIXES = (
    "clinic.",
    "reports.",
    "pytorch_lightning.",
    "torch.optim.",
    "torch.nn.",
    "sklearn.",
)


def build(config: DictConfig) -> Any:
    """Build the component that ``_target_`` names, with the ones nested inside it.

    Raises:
        SetupError: A target outside the allow-list, an argument that the constructor does
            not know, or a package that is not installed.
    """
    from hydra.utils import instantiate

    for target in _targets(config):
        if not target.startswith(ALLOWED_PREFIXES):
            raise SetupError(f"{target} may not be built from configuration (ALLOWED_PREFIXES)")
    try:
        return instantiate(config, _convert_="all")
    except ClinicError:
        raise
    # Hydra wraps whatever a constructor raises; the class of the cause is lost on purpose.
    except Exception as error:
        cause = error.__cause__ or error
        if isinstance(cause, ClinicError):
            raise cause from error
        raise SetupError(f"{config.get('_target_')}: {cause}") from error


def build_list(config: DictConfig) -> tuple[Any, ...]:
    """Build every component of a group, in the order of its keys."""
    return tuple(build(config[key]) for key in config if config[key] is not None)


def _targets(node: Any) -> Iterator[str]:
    if isinstance(node, DictConfig):
        for key in node:
            if key == "_target_":
                yield str(node[key])
            elif not OmegaConf.is_missing(node, key):
                yield from _targets(node[key])
    elif isinstance(node, ListConfig):
        for item in node:
            yield from _targets(item)
