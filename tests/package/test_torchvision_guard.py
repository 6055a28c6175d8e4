"""The torchvision guard: a broken build becomes importable, a healthy one stays untouched."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.torchvision_guard import non_maximum_suppression


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_everything_that_needs_torchvision_imports_after_clinic():
    out = run_python(
        "import clinic, torchvision, torch\n"
        "from torchvision.ops import nms, roi_align\n"
        "boxes = torch.tensor([[0., 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])\n"
        "print(nms(boxes, torch.tensor([.5, .9, .1]), .5).tolist())\n"
    )
    assert out.strip() == "[1, 2]"


def test_a_healthy_torchvision_is_left_alone():
    out = run_python(
        "import clinic\n"
        "from clinic import torchvision_guard as guard\n"
        "guard.operators_load = lambda path: True\n"
        "called = []\n"
        "guard.register_plain_operators = lambda: called.append(1)\n"
        "try:\n"
        "    import torchvision\n"
        "except RuntimeError:\n"
        "    pass  # the installed build may really be broken; the guard must still not act\n"
        "print(called)\n"
    )
    assert out.strip() == "[]"


def test_the_hook_costs_nothing_until_torchvision_is_imported():
    out = run_python("import clinic, sys; print('torch' in sys.modules)")
    assert out.strip() == "False"


def brute_force_nms(boxes: list[list[float]], scores: list[float], limit: float) -> list[int]:
    def iou(a: list[float], b: list[float]) -> float:
        width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
        height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
        inter = width * height
        union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter
        return inter / union

    kept: list[int] = []
    for index in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(iou(boxes[index], boxes[k]) <= limit for k in kept):
            kept.append(index)
    return kept


@given(
    st.lists(
        st.tuples(*[st.integers(0, 20) for _ in range(2)], *[st.integers(1, 20) for _ in range(2)]),
        max_size=12,
    ),
    st.sampled_from([0.25, 0.5, 0.75]),
)
@settings(deadline=None, max_examples=60)
def test_suppression_agrees_with_the_definition(corners, limit):
    boxes = [[float(x), float(y), float(x + w), float(y + h)] for x, y, w, h in corners]
    scores = [1.0 / (i + 1) for i in range(len(boxes))]
    found = non_maximum_suppression(torch.tensor(boxes).reshape(-1, 4), torch.tensor(scores), limit)
    assert found.tolist() == brute_force_nms(boxes, scores, limit)


@pytest.mark.slow
@pytest.mark.parametrize("module", ["pytorch_lightning", "sentence_transformers", "torchmetrics"])
def test_the_heavy_libraries_import(module):
    run_python(f"import clinic, {module}")
