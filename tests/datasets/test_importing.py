"""Import: what comes out reads back as what went in, and one bad recording costs only itself."""

import csv
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from clinic.config import build, compose
from clinic.datasets.corpus import CorpusItem, CorpusReading, FindingKind
from clinic.datasets.import_tables import label_table, official_split, own_transcript
from clinic.errors import SetupError
from clinic.io.atomic import sha256_of
from clinic.io.store import read_case, read_references
from clinic.io.transcripts import own_csv
from clinic.records import Condition, MomentLabel, Reference, Role, Transcript, Utterance
from made_up_corpora import write_bah, write_dvlog, write_eatd


def config(*overrides):
    return compose("data", overrides, values={"path": "unused"})


def run(choice, root, out, source="both"):
    chosen = config(f"data={choice}", f"source={source}")
    reading = build(chosen.data).read(root)
    return reading, build(chosen.importer).write(reading, out, lambda words: None)


@pytest.fixture(scope="module")
def scales():
    return tuple(build(config().importer).scales.values())


def reference(name="r", person="p", **fields):
    return Reference(recording_id=name, participant_id=person, **{"scores": {}, **fields})


def item(name, person, part):
    return CorpusItem(
        recording_id=name, participant_id=person, reference=reference(name, person), part=part
    )


def test_a_stored_case_holds_the_mean_of_its_ten_second_windows(tmp_path):
    write_dvlog(tmp_path / "in", n_rows=20)
    _, imported = run("dvlog", tmp_path / "in", tmp_path / "out")
    case = read_case(tmp_path / "out" / "store" / "dvlog-3")
    stored = np.load(tmp_path / "in" / "3" / "3_acoustic.npy")
    means = case.table("dvlog_acoustic").values[:, ::2]
    np.testing.assert_allclose(means, stored.reshape(2, 10, 25).mean(axis=1))
    assert (imported.n_cases, imported.n_media, imported.failed) == (6, 0, ())


def test_labels_moments_and_words_read_back_as_they_were(tmp_path):
    write_bah(tmp_path / "in")
    reading, imported = run("bah", tmp_path / "in", tmp_path / "out")
    out = tmp_path / "out"
    back = {r.recording_id: r for r in read_references(out / "labels.csv", out / "moments.csv")}
    assert len(back) == imported.n_media == 9
    for one in reading.items:
        assert back[one.recording_id].scores == one.reference.scores
        assert back[one.recording_id].moments == one.reference.moments
    again = build(config("data=manifest").data).read(out)
    found = {i.recording_id: i for i in again.items}
    for one in reading.items:
        other = found[one.recording_id]
        assert (other.participant_id, other.part) == (one.participant_id, one.part)
        assert other.transcript().utterances == one.transcript().utterances
        assert sha256_of(other.media) == sha256_of(one.media)


def test_media_lie_in_the_folder_under_safe_names_and_are_no_symbolic_links(tmp_path):
    write_bah(tmp_path / "in", n=1)
    run("bah", tmp_path / "in", tmp_path / "out", "media")
    files = list((tmp_path / "out" / "media").iterdir())
    assert files and not any(path.is_symlink() for path in files)
    assert not any("2024" in path.name for path in (tmp_path / "out").rglob("*"))
    assert not (tmp_path / "out" / "store").exists()


def test_media_are_copied_where_hard_links_are_not_allowed(tmp_path, monkeypatch):
    import os

    def refuse(*_):
        raise PermissionError("made up")

    monkeypatch.setattr(os, "link", refuse)
    write_eatd(tmp_path / "in")
    reading, imported = run("eatd", tmp_path / "in", tmp_path / "out")
    assert imported.n_media == 12
    copied = tmp_path / "out" / "media" / "eatd-t-1-positive.wav"
    assert sha256_of(copied) == sha256_of(reading.items[0].media)
    assert copied.stat().st_nlink == 1


def test_one_damaged_recording_is_said_and_the_others_go_on(tmp_path):
    write_dvlog(tmp_path / "in")
    path = tmp_path / "in" / "2" / "2_visual.npy"
    path.write_bytes(path.read_bytes()[:300])
    _, imported = run("dvlog", tmp_path / "in", tmp_path / "out")
    assert imported.n_cases == 5
    assert [name for name, _ in imported.failed] == ["dvlog-2"]
    rows = list(csv.DictReader((tmp_path / "out" / "findings.csv").read_text().splitlines()))
    assert [r["subject"] for r in rows if r["kind"] == "unreadable"] == ["dvlog-2"]
    assert str(tmp_path) not in (tmp_path / "out" / "findings.csv").read_text()


def test_a_recording_without_one_of_the_files_still_has_every_table(tmp_path):
    write_bah(tmp_path / "in")
    gone = next((tmp_path / "in").rglob("vggish.npy"))
    name = gone.parent.name
    gone.unlink()
    reading, imported = run("bah", tmp_path / "in", tmp_path / "out", "shipped")
    lacking = next(i.recording_id for i in reading.items if i.media.stem == name)
    cases = {p.name: read_case(p) for p in (tmp_path / "out" / "store").iterdir()}
    assert len({tuple(sorted(t.name for t in c.tables)) for c in cases.values()}) == 1
    table = cases[lacking].table("bah_vggish")
    assert np.isnan(table.values).all() and not table.coverage.any()
    assert any(f.subject == lacking and f.kind is FindingKind.MISSING for f in imported.findings)


def test_the_split_names_each_participant_once_and_sorted(tmp_path):
    write_bah(tmp_path / "in")
    reading, _ = run("bah", tmp_path / "in", tmp_path / "out", "media")
    (fold,) = json.loads((tmp_path / "out" / "split.json").read_text())["folds"]
    assert list(fold) == ["training", "validation", "calibration", "test"]
    people = [person for role in fold.values() for person in role]
    assert len(set(people)) == len(people)
    assert fold["training"] == sorted(fold["training"]) == ["bah-p000", "bah-p003"]
    assert set(people) == {i.participant_id for i in reading.items if i.part}


def test_a_participant_in_two_parts_never_reaches_the_test_part():
    items = (item("a", "p", "test"), item("b", "p", "train"), item("c", "q", "test"))
    text, findings = official_split(CorpusReading(corpus="x", items=items))
    (fold,) = json.loads(text)["folds"]
    assert (fold["training"], fold["test"]) == (["p"], ["q"])
    assert [f.subject for f in findings] == ["p"]


def test_without_official_parts_there_is_no_split_file(tmp_path):
    assert official_split(CorpusReading(corpus="x", items=(item("a", "p", None),))) == (None, [])


def test_items_votes_and_blanks_read_back(tmp_path, scales):
    answers = (0.0, 1.0, 2.0, 3.0, math.nan, 1.0, 1.0, 0.0)
    first = reference(
        scores={Condition.DEPRESSION: 10.0},
        items={Condition.DEPRESSION: answers},
        votes={Condition.AMBIVALENCE: (1, 2)},
        attributes={"sex": "female", "site": "=2+2"},
    )
    second = reference("s", "q", scores={Condition.PTSD: 44.5})
    text, findings = label_table([first, second], scales)
    (tmp_path / "labels.csv").write_text(text)
    back, other = read_references(tmp_path / "labels.csv", scales=scales)
    assert findings == []
    np.testing.assert_array_equal(back.items[Condition.DEPRESSION], answers)
    assert back.votes == first.votes and back.scores == first.scores
    assert back.attributes["site"] == "'=2+2"
    assert (other.scores, other.items, other.votes) == ({Condition.PTSD: 44.5}, {}, {})


@pytest.mark.parametrize(
    ("answers", "total"),
    [((1.0,) * 8, 9.0), ((0.0,) * 7 + (math.nan,), 4.0), ((3.0,) * 7 + (math.nan,), 20.0)],
)
def test_items_that_contradict_their_total_are_left_out_and_said(tmp_path, scales, answers, total):
    bad = reference(scores={Condition.DEPRESSION: total}, items={Condition.DEPRESSION: answers})
    text, findings = label_table([bad, reference("s", "q")], scales)
    (tmp_path / "labels.csv").write_text(text)
    back, _ = read_references(tmp_path / "labels.csv", scales=scales)
    assert back.scores == {Condition.DEPRESSION: total} and back.items == {}
    assert [f.subject for f in findings] == ["r"]


def test_words_with_quotes_commas_and_a_leading_dash_come_back_unchanged():
    words = ('- no, "never"', "=1+1 is what I said", "one\ttwo")
    transcript = Transcript(
        utterances=tuple(
            Utterance(start_s=n / 3, end_s=(n + 1) / 3, speaker=role, text=text)
            for n, (text, role) in enumerate(zip(words, Role, strict=True))
        ),
        source_format="made up",
        has_speakers=True,
        sha256="0" * 64,
    )
    turns = own_csv.parse(own_transcript(transcript)).turns
    assert tuple(turn.text for turn in turns) == words
    assert [turn.speaker for turn in turns] == ["participant", "interviewer", None]
    assert [turn.start_s for turn in turns] == [u.start_s for u in transcript.utterances]


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path):
    write_dvlog(tmp_path / "in", n=2)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(SetupError, match="not empty"):
        run("dvlog", tmp_path / "in", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("choice", "write", "source", "other"),
    [("dvlog", write_dvlog, "media", "shipped"), ("eatd", write_eatd, "shipped", "media")],
)
def test_a_source_that_the_corpus_lacks_names_the_other(tmp_path, choice, write, source, other):
    write(tmp_path / "in")
    with pytest.raises(SetupError, match=f"nothing to import.*source={other}"):
        run(choice, tmp_path / "in", tmp_path / "out", source)


def test_an_unknown_source_stops_the_run():
    with pytest.raises(SetupError, match="shipped, media, both"):
        build(config("source=video").importer)


def test_two_recordings_of_one_id_never_overwrite_each_other(tmp_path):
    write_dvlog(tmp_path / "in", n=2)
    chosen = config("data=dvlog")
    reading = build(chosen.data).read(tmp_path / "in")
    doubled = replace(reading, items=(*reading.items, reading.items[0]))
    with pytest.raises(AssertionError, match="dvlog-0 twice"):
        build(chosen.importer).write(doubled, tmp_path / "out", lambda words: None)


def test_moments_keep_every_digit(tmp_path):
    from clinic.datasets.import_tables import moment_rows, table_text

    moments = (MomentLabel(start_s=1 / 3, end_s=0.1 + 0.2 + 1 / 3, shown=True),)
    one = reference(moments=moments)
    (tmp_path / "labels.csv").write_text(label_table([one], ())[0])
    (tmp_path / "moments.csv").write_text(table_text(moment_rows([one])))
    (back,) = read_references(tmp_path / "labels.csv", tmp_path / "moments.csv")
    assert back.moments == moments
