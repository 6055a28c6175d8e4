"""Make torchvision importable beside a CPU-only torch.

py-feat brings torchvision, whose compiled operators may not load beside another build of
torch (``operator torchvision::nms does not exist``); then Lightning, sentence-transformers
and MLflow fail to import as well. Just before torchvision is first imported, this hook tries
to load the compiled library. Only if that fails does it register ``nms`` (in plain torch) and
``qnms`` itself and switch off torchvision's check for them. A healthy torchvision is untouched.
"""

import importlib.abc
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_kept_alive: list[Any] = []


class _Finder(importlib.abc.MetaPathFinder):
    """Notices the first import of torchvision, prepares, and steps aside."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != "torchvision":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("torchvision")
        if spec is not None and spec.origin is not None and not operators_load(Path(spec.origin)):
            register_plain_operators()
            _disable_operator_check()
        return None


class _BoxesFinder(importlib.abc.MetaPathFinder):
    """Replaces the check in ``torchvision.ops.boxes`` once that module has been executed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != "torchvision.ops.boxes":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        loader = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            module._assert_has_ops = lambda: None  # type: ignore[attr-defined]

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def register() -> None:
    """Put the hook in front of the import system; a second call does nothing."""
    if "torchvision" in sys.modules or any(isinstance(f, _Finder) for f in sys.meta_path):
        return
    sys.meta_path.insert(0, _Finder())


def operators_load(torchvision_init: Path) -> bool:
    """Tell whether torchvision's compiled operators load beside the installed torch."""
    import torch

    libraries = sorted(torchvision_init.parent.glob("_C.*"))
    if not libraries:
        return False
    try:
        torch.ops.load_library(libraries[0])
        _ = torch.ops.torchvision.nms
    except (OSError, RuntimeError, AttributeError):
        return False
    return True


def register_plain_operators() -> None:
    """Define ``torchvision::nms`` in plain torch, and ``qnms`` so that its name exists."""
    import torch

    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", non_maximum_suppression, "CompositeExplicitAutograd")
    _kept_alive.append(library)


def non_maximum_suppression(dets: Any, scores: Any, iou_threshold: float) -> Any:
    """Return indices of kept boxes, best first.

    Args:
        dets: Tensor of shape (n, 4), boxes as x1, y1, x2, y2.
        scores: Tensor of shape (n,).
        iou_threshold: A box overlapping a better one by more than this is dropped.
    """
    import torch

    order = scores.argsort(descending=True, stable=True)
    areas = (dets[:, 2] - dets[:, 0]) * (dets[:, 3] - dets[:, 1])
    kept = []
    while order.numel():
        best, order = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(dets[best, :2], dets[order, :2])
        high = torch.minimum(dets[best, 2:], dets[order, 2:])
        overlap = (high - low).clamp(min=0).prod(dim=1)
        iou = overlap / (areas[best] + areas[order] - overlap)
        order = order[iou <= iou_threshold]
    return torch.stack(kept) if kept else torch.zeros(0, dtype=torch.long)


def _disable_operator_check() -> None:
    sys.meta_path.insert(0, _BoxesFinder())
