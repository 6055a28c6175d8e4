"""The tutorial says what the benchmarks measured, and nothing else."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "tutorials" / "why-our-numbers-are-lower.md").read_text()


def stored(name: str):
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text())


def shown(cell) -> str:
    return f"{cell['mean']:.2f} ± {cell['sd']:.2f}".replace("0.", ".")


@pytest.mark.parametrize("n_classes", ["5", "3"])
@pytest.mark.parametrize(("key", "words"), [("accuracy", "accuracy"), ("auc", "AUROC")])
def test_the_table_holds_the_stored_numbers(n_classes, key, words):
    scores = stored("published_protocol")["published_recipe"][n_classes]
    row = f"| {n_classes} classes, {words} | {shown(scores['row'][key])} | "
    assert row + shown(scores["person"][key]) in TEXT


def test_the_audit_is_quoted_word_by_word():
    report = stored("published_protocol")["audit"]["split by row, without aliases"]
    for check in report["checks"]:
        assert f"{check['name']}: **{check['verdict']}**. {check['sentence']}" in TEXT


def test_false_alarms_are_as_measured_and_within_five_percent():
    found = stored("audit_false_alarms")
    low, high = (f"{100 * end:.1f} %" for end in found["any_fail"]["interval"])
    assert f"95 % interval [{low}, {high}]" in TEXT
    assert f"On {found['n_sets']} clean simulated data sets" in TEXT
    assert found["any_fail"]["interval"][1] < 0.05
    assert found["seconds_275_by_300"] < 60
