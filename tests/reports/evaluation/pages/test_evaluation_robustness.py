"""Robustness: what was made worse is told in order, and no loss is drawn that is not one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clinic.evaluation.study.results import EvaluationResult
from reports.blocks import Figure
from reports.evaluation.render import view_of
from reports.evaluation.sections.robustness import lost
from reports.evaluation.variants import amount, ordered, starting

Make = Callable[..., EvaluationResult]
MODELS = ("majority", "text_linear", "robust")


def same_repeats(result: EvaluationResult) -> EvaluationResult:
    rows = tuple(replace(r, n_repeats=r.n_repeats and 5) for r in result.metrics)
    return replace(result, metrics=rows)


def captions(read: Any, result: EvaluationResult) -> str:
    blocks = read.section(read.document(result), 9).blocks
    return " ".join(block.caption for block in blocks if isinstance(block, Figure))


def test_no_loss_is_drawn_between_different_repeats(read: Any, make_result: Make) -> None:
    told = captions(read, make_result(models=MODELS))
    assert "No loss against clean inputs is drawn" in told
    assert "Difference of two numbers" not in told


def test_a_loss_is_drawn_between_the_same_repeats(read: Any, make_result: Make) -> None:
    told = captions(read, same_repeats(make_result(models=MODELS)))
    assert "No loss against clean inputs is drawn" not in told
    assert "no interval of the difference was computed" in told


def test_clean_inputs_of_other_repeats_begin_no_curve(read: Any, make_result: Make) -> None:
    def n_dots(result: EvaluationResult) -> int:
        figures = [
            b for b in read.section(read.document(result), 9).blocks if isinstance(b, Figure)
        ]
        return figures[1].svg.count("<circle")

    result = make_result(models=MODELS)
    # Five rates of single values and two of runs; with clean inputs, one more of each.
    assert n_dots(result) == len(MODELS) * (5 + 2)
    assert n_dots(same_repeats(result)) == len(MODELS) * (5 + 2 + 2)


def test_a_loss_is_positive_where_the_model_got_worse(make_result: Make) -> None:
    result = make_result(models=MODELS)
    target = result.targets[0]
    for metric, sign in (("mae", 1), ("auroc", -1)):
        rows = tuple(
            replace(r, value=2.0 if r.variant == "clean" else 2.0 + 0.5 * sign)
            if r.metric == metric
            else r
            for r in result.metrics
        )
        view = view_of(replace(result, metrics=rows))
        assert lost(view, target, metric, "robust", "permuted text") == 0.5


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
