"""Robustness: what was made worse is told in order, and no loss is drawn that is not one."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clinic.evaluation.study.results import EvaluationResult
from reports.blocks import Figure
from reports.evaluation.render import view_of
from reports.evaluation.sections.robustness import _swapped
from reports.evaluation.variants import amount, ordered, starting

Make = Callable[..., EvaluationResult]
MODELS = ("majority", "text_linear", "robust")


def captions(read: Any, result: EvaluationResult) -> str:
    blocks = read.section(read.document(result), 9).blocks
    return " ".join(block.caption for block in blocks if isinstance(block, Figure))


def test_the_loss_is_said_to_be_paired(read: Any, make_result: Make) -> None:
    assert "Intervals are paired" in captions(read, make_result(models=MODELS))


def test_curves_begin_with_clean_inputs_of_the_same_repeats(read: Any, make_result: Make) -> None:
    result = make_result(models=MODELS)
    figures = [b for b in read.section(read.document(result), 9).blocks if isinstance(b, Figure)]
    # Five rates of single values, two of runs, and clean inputs in front of each.
    assert figures[1].svg.count("<circle") == len(MODELS) * (5 + 1 + 2 + 1)


def test_a_loss_is_drawn_where_it_was_measured(make_result: Make) -> None:
    result = make_result(models=MODELS)
    target = result.targets[0]
    view = view_of(result)
    panel = _swapped(view, target, "mae", "permuted text")
    row = view.row("robust", target.name, "mae", variant="lost: permuted text")
    assert row is not None
    assert (panel.marks[-1].value, panel.marks[-1].low) == (row.value, row.low)
    assert panel.line == 0.0


def test_what_is_no_degradation_has_no_column_of_its_own(make_result: Make) -> None:
    view = view_of(make_result(models=MODELS))
    names = view.variants(view.result.targets[0])
    assert "permuted text" in names
    assert not [n for n in names if n.startswith(("lost", "clean"))]


def test_degradations_stand_by_kind_from_mild_to_strong() -> None:
    names = [
        "only text", "only voice", "only face", "only text+voice", "only voice+face",
        "missing 0.1", "missing 0.9", "block 0.3", "block 0.6", "noise 20 dB", "noise 10 dB",
        "noise 0 dB", "noise -5 dB", "permuted text", "permuted voice", "permuted face", "other",
    ]  # fmt: skip
    assert list(ordered(sorted(names))) == names


@given(names=st.lists(st.text(max_size=12), unique=True, max_size=6))
def test_no_degradation_is_lost_whatever_its_name(names: list[str]) -> None:
    made = [prefix + name for name in names for prefix in ("", "noise ", "only ", "missing ")]
    assert sorted(ordered(made)) == sorted(made)


def test_names_are_read_as_they_are_made() -> None:
    from clinic.evaluation.study.degradations import Degradations

    made = Degradations(
        subsets=False,
        missing_rates=[0.1, 0.25],
        block_rates=[0.5],
        noise_db=[20, -5],
        permute=False,
        repeats=1,
    ).of([])
    assert [amount(name) for name in made] == [0.1, 0.25, 0.5, 20, -5]
    assert starting(tuple(made), "noise ") == ("noise 20 dB", "noise -5 dB")
