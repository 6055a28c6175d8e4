"""Output folders appear whole or not at all, and finished work is known by its inputs."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.batch.folders import exclusive, whole_folder
from clinic.batch.plan import RECEIPT, Job, is_finished, require_safe_id, work_key
from clinic.errors import DataError, SetupError


def test_a_folder_left_half_way_keeps_the_old_one(tmp_path):
    final = tmp_path / "r1"
    with whole_folder(final) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError), whole_folder(final) as folder:
        (folder / "a").write_text("new")
        raise RuntimeError
    assert (final / "a").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["r1"]


def test_a_second_batch_on_the_same_folder_is_refused(tmp_path):
    with exclusive(tmp_path), pytest.raises(SetupError, match="another batch"), exclusive(tmp_path):
        pass


def test_left_overs_of_a_killed_run_are_swept(tmp_path):
    (tmp_path / ".tmp-r1-99").mkdir()
    with exclusive(tmp_path):
        assert not list(tmp_path.glob(".tmp-*"))


def test_an_unwritable_output_is_a_setup_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be written"), exclusive(tmp_path / "file"):
        pass


def test_a_receipt_counts_only_with_its_key_and_its_files(tmp_path):
    job = Job(recording_id="r1", entry=None, key="abc")
    folder = tmp_path / "r1"
    folder.mkdir()
    assert not is_finished(tmp_path, job)
    (folder / RECEIPT).write_text(json.dumps({"key": "abc", "files": ["result.json"]}))
    assert not is_finished(tmp_path, job)
    (folder / "result.json").write_text("{}")
    assert is_finished(tmp_path, job)
    assert not is_finished(tmp_path, Job(recording_id="r1", entry=None, key="abd"))


def test_a_torn_receipt_means_work_to_do(tmp_path):
    (tmp_path / "r1").mkdir()
    (tmp_path / "r1" / RECEIPT).write_text('{"key": "ab')
    assert not is_finished(tmp_path, Job(recording_id="r1", entry=None, key="ab"))


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_different_parts_never_share_a_key(first, second):
    assert (work_key(*first) == work_key(*second)) == (first == second)


@pytest.mark.parametrize("bad", ["", "../x", "a/b", ".hidden", "a b", "x" * 101, "run.json", "-rf"])
def test_an_id_that_cannot_name_a_folder_is_refused(bad):
    with pytest.raises(DataError, match="recording_id"):
        require_safe_id(bad)
