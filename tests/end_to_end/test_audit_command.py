"""``clinic audit`` on files that somebody else made."""

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Two corpora pooled: 90 people, 60 of them again under other ids."""
    folder = tmp_path_factory.mktemp("audit")
    generator = np.random.default_rng(0)
    score = generator.integers(25, size=90)
    features = generator.normal(size=(90, 12))
    features[:, 0] += score / 8
    again = features[:60] + 0.1 * generator.normal(size=(60, 12))
    people = [f"e{i:02d}" for i in range(90)] + [f"d{i:02d}" for i in range(60)]
    table = pd.DataFrame(np.vstack([features, again]), columns=[f"f{i}" for i in range(12)])
    table.insert(0, "participant_id", people)
    table.insert(0, "recording_id", people)
    table.to_parquet(folder / "features.parquet")
    answers = pd.DataFrame({"recording_id": people, "depression": [*score, *score[:60]]})
    answers.to_csv(folder / "labels.csv", index=False)
    order = generator.permutation(150)
    rows = pd.DataFrame({"id": people, "fold": order % 5})
    rows.to_csv(folder / "by_row.csv", index=False)
    number = [int(name[1:]) % 5 for name in people]
    pd.DataFrame({"id": people, "fold": number}).to_csv(folder / "by_person.csv", index=False)
    pairs = "".join(f"d{i:02d},e{i:02d}\n" for i in range(60))
    (folder / "aliases.csv").write_text("participant_id,same_as\n" + pairs)
    return folder


def command(corpora, clinic_command, *options):
    return clinic_command(
        "audit",
        corpora / "features.parquet",
        "--labels",
        corpora / "labels.csv",
        *options,
        "audit.n_permutations=40",
        "audit.n_draws=20",
    )


def test_a_split_by_row_fails_and_the_report_says_why(corpora, clinic_command, tmp_path):
    done = command(
        corpora, clinic_command, "--split", corpora / "by_row.csv", "--out", tmp_path / "out"
    )
    assert done.exit_code == 1, done.output
    content = json.loads((tmp_path / "out" / "audit.json").read_text())
    failed = {check["name"] for check in content["checks"] if check["verdict"] == "FAIL"}
    assert failed == {
        "near-duplicate rows across folds",
        "permuted labels (depression)",
        "noise features (depression)",
    }
    assert content["sizes"]["persons"] == 90
    text = (tmp_path / "out" / "audit.md").read_text()
    assert "What to do: Find out whether these are one person" in text
    assert str(tmp_path) not in text


def test_a_split_by_person_passes_with_the_aliases(corpora, clinic_command):
    done = command(
        corpora,
        clinic_command,
        "--split",
        corpora / "by_person.csv",
        "--aliases",
        corpora / "aliases.csv",
        "--target",
        "depression",
    )
    assert done.exit_code == 0, done.output
    assert "None of 90 persons" in done.output


def test_what_cannot_run_leaves_with_two_and_one_line(corpora, clinic_command):
    done = command(
        corpora, clinic_command, "--split", corpora / "by_row.csv", "--target", "anxiety"
    )
    assert done.exit_code == 2
    assert done.output.strip() == "clinic audit: labels.csv has no column anxiety"
