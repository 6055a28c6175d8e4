"""A cohort folder: rendered once, resumed where it stopped, never mixed with other settings."""

import csv
import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from clinic.errors import SetupError
from clinic.simulate import CohortWriter, interview
from clinic.simulate.cohort import DECIDING_PACKAGES


def write(out: Path, simulator, n_participants=2, workers=0):
    """Write a cohort and return how many were rendered and what was said."""
    said = []
    writer = CohortWriter(simulator=simulator, n_participants=n_participants, workers=workers)
    return writer.write(out, said.append), said


def content(out: Path):
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def of_person(files, index):
    return {name: data for name, data in files.items() if f"sim-{index:04d}" in name}


def first_rows(out: Path, name, n):
    with (out / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[: n + 1]


@pytest.fixture
def cohort(tmp_path, formula_cohort, formula_voice):
    """A copy of the two interviews that a formula speaks, as does whatever is added to them."""
    return shutil.copytree(formula_cohort, tmp_path / "cohort")


# --- the same again -------------------------------------------------------------------------------


def test_the_same_settings_are_the_same_bytes(cohort, tmp_path, tiny):
    write(tmp_path / "again", tiny())
    assert content(tmp_path / "again") == content(cohort)


def test_another_seed_is_another_cohort(cohort, tmp_path, tiny):
    write(tmp_path / "other", tiny("seed=5"))
    ours, others = content(cohort), content(tmp_path / "other")
    assert all(ours[name] != others[name] for name in ours if "sim-" in name)


def test_participant_k_is_the_same_in_a_cohort_of_any_size(cohort, tmp_path, tiny):
    write(tmp_path / "larger", tiny(), n_participants=3)
    small, large = content(cohort), content(tmp_path / "larger")
    for index in (1, 2):
        assert of_person(large, index) == of_person(small, index)
    assert of_person(large, 3)
    for table in ("labels.csv", "manifest.csv"):
        assert first_rows(tmp_path / "larger", table, 2) == first_rows(cohort, table, 2)


def test_a_real_interview_is_the_same_bytes_again(tmp_path, tiny):
    for name in ("one", "other"):
        write(tmp_path / name, tiny(), n_participants=1)
    assert content(tmp_path / "one") == content(tmp_path / "other")


# --- resuming -------------------------------------------------------------------------------------


def test_a_finished_cohort_is_left_alone(cohort, tiny):
    before = {p: p.stat().st_mtime_ns for p in cohort.glob("*/sim-*")}
    assert write(cohort, tiny()) == (0, [])
    assert {p: p.stat().st_mtime_ns for p in cohort.glob("*/sim-*")} == before


def test_a_resumed_run_renders_only_what_is_missing(cohort, tiny):
    whole = content(cohort)
    kept = (cohort / "media" / "sim-0001.mp4").stat().st_mtime_ns
    (cohort / "truth" / "sim-0002.json").unlink()
    (cohort / "media" / "sim-0002.mp4").write_bytes(b"half")
    (cohort / "manifest.csv").unlink()
    assert write(cohort, tiny()) == (1, ["sim-0002: 1 of 1 rendered"])
    assert content(cohort) == whole
    assert (cohort / "media" / "sim-0001.mp4").stat().st_mtime_ns == kept


def test_more_participants_are_added_to_a_finished_cohort(cohort, tiny):
    before = content(cohort)
    assert write(cohort, tiny(), n_participants=3)[0] == 1
    after = content(cohort)
    assert {name: after[name] for name in before if "sim-" in name} == {
        name: before[name] for name in before if "sim-" in name
    }
    assert len(first_rows(cohort, "labels.csv", 9)) == 1 + 3


def test_a_crash_leaves_no_half_interview_and_the_next_run_mends_it(
    cohort, tmp_path, tiny, monkeypatch
):
    """The second interview stops in the middle of its pictures."""
    calls, write_mp4 = [], interview.write_mp4

    def failing(path, frames, *rest):
        calls.append(path)
        if len(calls) == 2:
            path.write_bytes(b"half")
            raise MemoryError
        write_mp4(path, frames, *rest)

    monkeypatch.setattr(interview, "write_mp4", failing)
    out = tmp_path / "crashed"
    with pytest.raises(MemoryError):
        write(out, tiny())
    assert set(content(out)) == {"cohort.json", *of_person(content(cohort), 1)}
    assert not list(out.glob(".*"))
    assert write(out, tiny())[0] == 1
    assert content(out) == content(cohort)


def test_processes_render_what_one_process_renders(tmp_path, tiny, monkeypatch):
    """Real espeak in two spawned processes: the people, their words and labels are the same."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # as one_thread does here
    alone, together = tmp_path / "alone", tmp_path / "together"
    write(alone, tiny())
    assert write(together, tiny(), workers=2)[0] == 2
    assert content(together).keys() == content(alone).keys()
    assert content(together)["labels.csv"] == content(alone)["labels.csv"]
    for name in ("sim-0001", "sim-0002"):
        told = [
            json.loads((out / "truth" / f"{name}.json").read_text()) for out in (alone, together)
        ]
        assert told[0]["participant"] == told[1]["participant"]
        assert [u["text"] for u in told[0]["utterances"]] == [
            u["text"] for u in told[1]["utterances"]
        ]


# --- other settings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "override",
    [
        *("seed=5", "interview.n_topics=2", "media.frame_rate_hz=3", "interview.au_gain=1.0"),
        *("effects.smile.depression=0", "population.ptsd_correlation=0.6"),
        *("speaking.noise_dbfs=-60", "interview.conflicts.share=0.2"),
    ],
)
def test_a_changed_setting_is_refused_and_nothing_is_touched(cohort, tiny, override):
    before = content(cohort)
    with pytest.raises(SetupError, match=r"another seed or other settings.*\(out\)"):
        write(cohort, tiny(override), n_participants=3)
    assert content(cohort) == before


def test_every_setting_of_the_simulator_is_compared(cohort, tiny):
    """A field that is added later and left out of cohort.json would mix two cohorts."""
    stored = json.loads((cohort / "cohort.json").read_text())["settings"]
    assert set(stored) == set(vars(tiny()))
    assert stored["population"].keys() == vars(tiny().population).keys()
    assert stored["media"].keys() == vars(tiny().media).keys()
    assert stored["speaking"].keys() == vars(tiny().speaking).keys()


def test_the_versions_that_decide_the_bytes_are_written_down(cohort):
    stored = json.loads((cohort / "cohort.json").read_text())["versions"]
    assert [line.split()[0] for line in stored] == list(DECIDING_PACKAGES)


def test_recordings_of_unknown_settings_are_refused(cohort, tiny):
    (cohort / "cohort.json").unlink()
    with pytest.raises(SetupError, match=r"no cohort\.json.*\(out\)"):
        write(cohort, tiny())


def test_a_file_in_the_way_is_one_clear_line(tmp_path, tiny):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match=r"cannot be written: .*\(out\)"):
        write(tmp_path / "file", tiny())


def test_a_damaged_cohort_file_is_one_clear_line(cohort, tiny):
    (cohort / "cohort.json").write_text("{")
    with pytest.raises(SetupError, match="out"):
        write(cohort, tiny())


def test_a_cohort_of_another_version_is_refused(cohort, tiny):
    stored = json.loads((cohort / "cohort.json").read_text())
    stored["versions"][0] = "clinic-screening 0.0.0"
    (cohort / "cohort.json").write_text(json.dumps(stored))
    with pytest.raises(SetupError, match=r"clinic-screening 0\.0\.0.*\(out\)"):
        write(cohort, tiny())


def test_a_moved_cohort_can_be_resumed(cohort, tmp_path, tiny):
    """No path is stored in it."""
    moved = tmp_path / "moved"
    shutil.move(cohort, moved)
    assert str(tmp_path) not in (moved / "manifest.csv").read_text()
    assert write(moved, tiny(), n_participants=2)[0] == 0


def test_the_size_of_the_cohort_and_the_workers_decide_nothing(tiny):
    make = partial(CohortWriter, simulator=tiny())
    settings = [
        make(n_participants=n, workers=w)._settings() for n, w in ((1, 0), (500, 0), (1, 8))
    ]
    assert settings[0] == settings[1] == settings[2]
    assert (
        make(n_participants=1, workers=0)._settings()
        != replace(make(n_participants=1, workers=0), simulator=tiny("seed=9"))._settings()
    )
