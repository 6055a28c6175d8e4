"""``clinic validate affect``: one page a study, and no study stops another."""

import json

import pytest

VOTES = "only=[votes]"


@pytest.fixture
def data(tmp_path, write_votes):
    folder = tmp_path / "data"
    write_votes(folder)
    return folder


def files_of(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_study_leaves_a_page_its_numbers_its_drawing_and_the_index(tmp_path, data, validate):
    run = validate(data, tmp_path / "out", VOTES)
    assert run.exit_code == 0, run.output
    page = (tmp_path / "out" / "votes.md").read_text()
    study = json.loads((tmp_path / "out" / "affect.json").read_text())["studies"]["votes"]
    first = study["result"]["findings"][0]
    assert f"{first['value']:.3f} [{first['low']:.3f}, {first['high']:.3f}]" in page
    assert study["versions"]["numpy"][0].isdigit() and study["settings"]["seed"] == 0
    assert (tmp_path / "out" / "figures" / "votes-calibration.svg").read_text().count("<svg") == 1
    assert "(figures/votes-calibration.svg)" in page
    assert (
        "[Voice against face: divergence and what people vote](votes.md)"
        in (tmp_path / "out" / "README.md").read_text()
    )


def test_two_runs_write_the_same_bytes(tmp_path, data, validate):
    for name in ("first", "second"):
        validate(data, tmp_path / name, VOTES)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")
    assert len(files_of(tmp_path / "first")) == 4


def test_no_file_says_where_the_data_lay(tmp_path, data, validate):
    elsewhere = f"studies.simulated.cohort={tmp_path / 'cohort'}"
    validate(data, tmp_path / "out", "only=[votes,simulated]", elsewhere)
    for name, content in files_of(tmp_path / "out").items():
        assert str(tmp_path).encode() not in content, name


def test_a_study_without_data_is_told_and_stops_no_other(tmp_path, data, validate):
    run = validate(data, tmp_path / "out", "only=[simulated,votes]")
    assert run.exit_code == 1
    assert "simulated: not run: simulated/cohort" in run.output
    assert not (tmp_path / "out" / "simulated.md").exists()
    assert (tmp_path / "out" / "votes.md").exists()


def test_a_study_that_fails_stops_no_other(tmp_path, data, validate):
    (data / "emobank").mkdir()
    run = validate(data, tmp_path / "out", "only=[perspectives,votes]")
    assert run.exit_code == 1
    assert "perspectives: failed: no EmoBank" in run.output
    index = (tmp_path / "out" / "README.md").read_text()
    assert "failed: no EmoBank" in index and str(data) not in index
    assert (tmp_path / "out" / "votes.md").exists()


def test_settings_that_do_not_build_fail_one_study_only(tmp_path, data, validate):
    broken = "+studies.perspectives.pace=3"
    run = validate(data, tmp_path / "out", "only=[perspectives,votes]", broken)
    assert run.exit_code == 1
    assert "perspectives: failed" in run.output and "pace" in run.output


def test_nothing_that_ran_is_exit_code_two(tmp_path, validate):
    (tmp_path / "empty").mkdir()
    run = validate(tmp_path / "empty", tmp_path / "out", VOTES)
    assert run.exit_code == 2
    assert "not measured (votes)" in (tmp_path / "out" / "README.md").read_text()


def test_a_misspelt_study_stops_the_run_before_anything_is_measured(tmp_path, data, validate):
    run = validate(data, tmp_path / "out", "only=[vote]")
    assert run.exit_code == 2 and "no study vote" in run.output
    assert not (tmp_path / "out").exists()


def test_one_study_may_be_named_without_brackets(tmp_path, data, validate):
    run = validate(data, tmp_path / "out", "only=votes")
    assert run.exit_code == 0, run.output
    assert (tmp_path / "out" / "votes.md").exists()


@pytest.mark.parametrize("nothing", ["only=[]", "only=''"])
def test_no_study_named_is_refused_and_not_read_as_all(tmp_path, data, validate, nothing):
    run = validate(data, tmp_path / "out", nothing)
    assert run.exit_code == 2 and "no study is named" in run.output
    assert not (tmp_path / "out").exists()


def test_an_earlier_page_stays_and_the_index_says_from_when_it_is(tmp_path, data, validate):
    validate(data, tmp_path / "out", VOTES)
    before = files_of(tmp_path / "out")
    (data / "cremad_ratings").rename(data / "elsewhere")
    run = validate(data, tmp_path / "out", VOTES)
    assert run.exit_code == 2
    after = files_of(tmp_path / "out")
    kept = [name for name in before if name.suffix in (".svg",) or name.name == "votes.md"]
    assert len(kept) == 2 and all(before[name] == after[name] for name in kept)
    index = (tmp_path / "out" / "README.md").read_text()
    assert (
        "not run: cremad_ratings missing in the data folder; its page is from an earlier" in index
    )
    stored = json.loads((tmp_path / "out" / "affect.json").read_text())["studies"]["votes"]
    assert stored["state"] == "not run"
    assert stored["result"] == json.loads(before_json(before))["studies"]["votes"]["result"]


def before_json(files):
    return next(content for name, content in files.items() if name.name == "affect.json")


def test_other_data_have_another_hash(tmp_path, data, validate):
    def digest(out):
        validate(data, out, VOTES)
        study = json.loads((out / "affect.json").read_text())["studies"]["votes"]
        return study["data"]["cremad_ratings"]["sha256"]

    first = digest(tmp_path / "first")
    (data / "cremad_ratings" / "LICENSE.txt").write_text("ODbL")
    assert digest(tmp_path / "second") != first


def test_a_folder_that_the_command_did_not_write_is_refused(tmp_path, data, validate):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "affect.json").write_text('{"schema_version": 1, "studies": {"votes": 3}}')
    run = validate(data, tmp_path / "out", VOTES)
    assert run.exit_code == 2 and "was not written by clinic validate" in run.output
