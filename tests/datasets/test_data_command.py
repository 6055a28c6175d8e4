"""``clinic data``: guesses the corpus, says what it found, and its exit code can be trusted."""

import pytest
from click.testing import CliRunner

from clinic.config import build, compose, conf_folder
from clinic.datasets.guessing import SIGNS, guess
from clinic.errors import SetupError
from made_up_corpora import (
    write_avec,
    write_bah,
    write_dvlog,
    write_eatd,
    write_lmvd,
    write_modma,
    write_tone,
)
from pipelines.cli import main

MAKERS = {
    "dvlog": write_dvlog,
    "lmvd": write_lmvd,
    "eatd": write_eatd,
    "modma": lambda root: write_modma(root, n_answers=1),
    "avec2014": write_avec,
    "avec2013": lambda root: write_avec(root, year=2013),
    "bah": lambda root: write_bah(root, n=2, with_video=False),
}


def clinic(*arguments):
    return CliRunner().invoke(main, ["data", *map(str, arguments)])


@pytest.mark.parametrize("name", MAKERS)
def test_each_layout_is_guessed_and_no_other(tmp_path, name):
    MAKERS[name](tmp_path)
    assert guess(tmp_path) == name


def test_every_guess_is_a_choice():
    shipped = {path.stem for path in (conf_folder() / "data").glob("*.yaml")}
    assert set(MAKERS) | {"manifest"} <= set(SIGNS) & shipped


def test_an_unclear_folder_is_refused_with_the_known_names(tmp_path):
    with pytest.raises(SetupError, match=r"like no known corpus.*dvlog.*modma"):
        guess(tmp_path)
    write_dvlog(tmp_path, n=2)
    (tmp_path / "manifest.csv").write_text("recording_id,participant_id,media_path\n")
    with pytest.raises(SetupError, match="like manifest and dvlog"):
        guess(tmp_path)


def test_check_says_its_guess_and_the_published_counts(tmp_path):
    write_dvlog(tmp_path)
    result = clinic("check", tmp_path)
    assert result.exit_code == 1
    assert "data=dvlog" in result.output
    assert "961" in result.output and "555" in result.output


def test_a_whole_corpus_leaves_with_0(tmp_path):
    write_avec(tmp_path)
    result = clinic("check", tmp_path)
    assert (result.exit_code, "Nothing missing" in result.output) == (0, True)


@pytest.mark.parametrize("damage", ["missing", "contradictory"])
def test_a_missing_or_contradictory_label_leaves_with_1(tmp_path, damage):
    write_avec(tmp_path)
    label = tmp_path / "DepressionLabels" / "207_1_Depression.csv"
    if damage == "missing":
        label.unlink()
    else:
        (tmp_path / "207_1_Depression.csv").write_text("5")
    result = clinic("check", tmp_path)
    assert result.exit_code == 1 and damage in result.output and "207_1" in result.output


@pytest.mark.parametrize("overrides", [(), ("data=dvlog",), ("data=nonsense",)])
def test_what_cannot_be_read_leaves_with_2_and_one_line(tmp_path, overrides):
    result = clinic("check", tmp_path, *overrides)
    assert result.exit_code == 2
    assert "Traceback" not in result.output and len(result.output.strip().splitlines()) == 1


def test_a_file_in_place_of_a_folder_leaves_with_2(tmp_path):
    write_tone(tmp_path / "a.wav")
    assert clinic("check", tmp_path / "a.wav", "data=avec2014").exit_code == 2


def test_findings_beyond_the_first_few_are_counted(tmp_path):
    write_dvlog(tmp_path)
    assert "4 more" in clinic("check", tmp_path, "n_shown=2").output


def test_import_leaves_with_1_where_a_recording_failed_and_names_it(tmp_path):
    write_dvlog(tmp_path / "in")
    assert clinic("import", tmp_path / "in", "--out", tmp_path / "a").exit_code == 0
    (tmp_path / "in" / "0" / "0_visual.npy").write_bytes(b"\x93NUMPY")
    result = clinic("import", tmp_path / "in", "--out", tmp_path / "b")
    assert result.exit_code == 1
    assert "dvlog-0: features: 0_visual.npy" in result.output
    assert "5 recordings with features" in result.output


def test_import_without_a_source_in_the_corpus_leaves_with_2(tmp_path):
    write_dvlog(tmp_path / "in", n=2)
    result = clinic("import", tmp_path / "in", "--out", tmp_path / "out", "--source", "media")
    assert result.exit_code == 2 and "source=shipped" in result.output


def test_what_was_imported_is_read_as_our_own(tmp_path):
    write_eatd(tmp_path / "in")
    assert clinic("import", tmp_path / "in", "--out", tmp_path / "out").exit_code == 0
    assert guess(tmp_path / "out") == "manifest"
    result = clinic("check", tmp_path / "out")
    assert "12 recordings" in result.output


@pytest.mark.parametrize("name", [*MAKERS, "modma_phq9", "manifest"])
def test_every_choice_builds_and_its_scale_fits_its_labels(tmp_path, name):
    chosen = compose("data", [f"data={name}"], values={"path": "unused"})
    corpus = build(chosen.data)
    assert corpus.name == name
    if name in ("bah", "manifest"):
        return
    maker = MAKERS["modma" if name == "modma_phq9" else name]
    maker(tmp_path)
    for item in corpus.read(tmp_path).items:
        for score in item.reference.scores.values():
            assert 0 <= corpus.depression.band_of(score) < corpus.depression.n_bands
