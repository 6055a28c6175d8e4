"""MMSA's feature files: padding is no observation, and what is written comes back."""

import json
import pickle  # noqa: TID251  makes MMSA's own files
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LogisticRegression

from clinic.config import build, compose
from clinic.datasets.peers.mmsa import Mmsa
from clinic.datasets.peers.mmsa_export import mmsa_content
from clinic.datasets.peers.mmsa_names import names_of
from clinic.datasets.peers.mmsa_steps import StepPooler
from clinic.datasets.peers.plain_pickle import read_plain_pickle, write_plain_pickle
from clinic.datasets.pooling import Pooler
from clinic.errors import DataError, SetupError
from clinic.evaluation.study import StudyData, TableContender
from clinic.evaluation.study.split_file import SplitFile
from clinic.evaluation.study.unit import read_unit
from clinic.evaluation.target import Target
from clinic.io.store import read_references, read_store
from clinic.records import Condition, Reference
from pipelines.cli import main

N_STEPS = {"text": 6, "audio": 12, "vision": 9}
SIZES = {"text": 4, "audio": 3, "vision": 2}


def made_part(seed, n, aligned=False, videos=4):
    """One part as MMSA's own files have it, filled with zeros beyond each length."""
    rng = np.random.default_rng(seed)
    part = {
        "id": [f"-v{seed}{i % videos}$_${i}" for i in range(n)],
        "raw_text": [f"words {i}" for i in range(n)],
        "regression_labels": np.linspace(-3, 3, n, dtype=np.float32),
        "classification_labels": np.zeros(n),
        "annotations": [["Negative", "Neutral", "Positive"][i % 3] for i in range(n)],
    }
    for kind, most in N_STEPS.items():
        n_steps = 6 if aligned else most
        values = rng.normal(size=(n, n_steps, SIZES[kind])).astype(np.float32)
        lengths = [n_steps - i % 3 for i in range(n)]
        for i, length in enumerate(lengths):
            values[i, length:] = 0
        part[kind] = values
        if not aligned and kind != "text":
            part[f"{kind}_lengths"] = lengths
    if not aligned:
        mask = np.zeros((n, 3, N_STEPS["text"]))
        for i in range(n):
            mask[i, 1, : N_STEPS["text"] - i % 3] = 1
        part["text_bert"] = mask
    return part


@pytest.fixture
def write(tmp_path):
    def write_file(aligned=False, n=9, **changes):
        parts = {
            name: made_part(seed, n, aligned)
            for seed, name in enumerate(("train", "valid", "test"))
        }
        parts["train"].update(changes)
        path = tmp_path / "features.pkl"
        path.write_bytes(pickle.dumps(parts, protocol=4))
        return path, parts

    return write_file


def item_tables(path, number=0):
    return {t.name: t for t in Mmsa(step_s=1.0).read(path).items[number].tables()}


def case_of(item):
    config = compose("peers")
    pooler = build(config.importer).pooler
    assert type(pooler) is Pooler
    return StepPooler(segmenter=pooler.segmenter).case(
        recording_id=item.recording_id,
        participant_id=item.participant_id,
        transcript=None,
        tables=item.tables(),
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_steps_beyond_the_length_are_dropped(write, number):
    path, parts = write()
    tables = item_tables(path, number)
    for kind, most in N_STEPS.items():
        kept = tables[f"mmsa_{kind}"].values
        np.testing.assert_array_equal(kept, parts["train"][kind][number, : most - number])


def test_zeros_within_the_length_were_not_observed(write):
    vision = made_part(0, 9)["vision"]
    vision[0, 4] = 0
    path, _ = write(vision=vision)
    table = item_tables(path)["mmsa_vision"]
    assert np.isnan(table.values[4]).all() and table.coverage.tolist() == [1] * 4 + [0] + [1] * 4


def test_an_infinite_value_is_not_observed(write):
    audio = made_part(0, 9)["audio"]
    audio[0, 2, 1] = -np.inf
    path, _ = write(audio=audio)
    found = item_tables(path)["mmsa_audio"].values
    assert np.argwhere(np.isnan(found)).tolist() == [[2, 1]]


def test_rows_of_an_aligned_file_are_its_steps(write):
    path, parts = write(aligned=True)
    case = case_of(Mmsa(step_s=0.5).read(path).items[1])
    assert [(s.start_s, s.end_s) for s in case.segments] == [(i / 2, i / 2 + 0.5) for i in range(5)]
    for kind in N_STEPS:
        np.testing.assert_array_equal(
            case.table(f"mmsa_{kind}").values, parts["train"][kind][1, :5]
        )


def test_front_padding_of_an_aligned_file_is_dropped_for_all_modalities_together(write):
    part = made_part(0, 9, aligned=True)
    for kind in N_STEPS:
        part[kind] = np.roll(part[kind], 2, axis=1)  # two zeros now stand before utterance 2
    part["audio"][2, 2] = 0
    path, _ = write(aligned=True, **{kind: part[kind] for kind in N_STEPS})
    case = case_of(Mmsa(step_s=1.0).read(path).items[2])
    assert len(case.segments) == 4
    assert np.isnan(case.table("mmsa_audio").values[0]).all()
    np.testing.assert_array_equal(case.table("mmsa_text").values, part["text"][2, 2:])


def test_longer_modalities_are_averaged_to_the_steps_of_the_shortest(write):
    path, parts = write()
    case = case_of(Mmsa(step_s=1.0).read(path).items[0])
    assert len(case.segments) == 6
    np.testing.assert_array_equal(case.table("mmsa_text").values, parts["train"]["text"][0])
    pairs = parts["train"]["audio"][0].astype(float).reshape(6, 2, 3).mean(axis=1)
    np.testing.assert_allclose(case.table("mmsa_audio").values, pairs)
    # Nine steps on six rows: step 1 lies half in row 0 and half in row 1.
    three = parts["train"]["vision"][0, :3].astype(float)
    np.testing.assert_allclose(
        case.table("mmsa_vision").values[:2],
        [(three[0] + three[1] / 2) / 1.5, (three[2] + three[1] / 2) / 1.5],
    )


def test_a_length_beyond_the_array_fails_that_utterance_alone(write):
    lengths = [N_STEPS["audio"]] * 8 + [99]
    path, _ = write(audio_lengths=lengths)
    items = Mmsa(step_s=1.0).read(path).items
    assert items[0].tables()
    with pytest.raises(DataError, match="99 steps by its length, 12 in all"):
        items[8].tables()


def test_utterances_of_one_video_are_one_participant():
    named = names_of([("-a_b$_$10",), ("-a_b$_$11",), ("-A_b$_$10",), ("x[3]",), ("x_4",), ("y",)])
    people = [one.participant_id for one in named]
    assert people[0] == people[1] == "mmsa--a_b"
    assert people[3] == people[4] == "mmsa-x"
    # A file system may not tell -a_b from -A_b.
    assert len({one.recording_id.casefold() for one in named}) == 6
    assert people[2].casefold() != people[0].casefold()


def test_an_id_that_stands_twice_is_refused(write):
    path, _ = write(id=["a$_$1"] * 9)
    with pytest.raises(SetupError, match="stands twice"):
        Mmsa(step_s=1.0).read(path)


def test_the_class_is_the_annotation_and_else_the_sign(write):
    path, _ = write()
    words = [i.reference.attributes["sentiment"] for i in Mmsa(step_s=1.0).read(path).items[:4]]
    assert words == ["negative", "neutral", "positive", "negative"]
    path, _ = write(
        annotations=None, regression_labels=np.array([[-0.2], [0], [3], *[[np.nan]] * 6])
    )
    items = Mmsa(step_s=1.0).read(path).items[:4]
    assert [i.reference.attributes.get("sentiment") for i in items] == [
        "negative", "neutral", "positive", None,
    ]  # fmt: skip
    assert items[0].reference.attributes["regression_label"] == "-0.2"
    assert all(item.reference.scores == {} for item in items)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([1, 2], "a dict with train, valid and test"),
        ({"audio": np.zeros((1, 2, 3))}, "a dict with train, valid and test"),
        ({"train": {"audio": np.zeros((1, 2, 3))}}, "train has no id"),
        ({"train": {"id": ["a"]}}, "none of text, audio, vision"),
        ({"train": {"id": ["a"], "audio": np.zeros((2, 2, 3))}}, r"\(2, 2, 3\), \(1, steps"),
        ({"train": {"id": ["a"], "audio": ["x"]}}, "no array of numbers"),
    ],
)
def test_another_structure_is_refused_with_what_was_needed(tmp_path, content, words):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(SetupError, match=words):
        Mmsa(step_s=1.0).read(tmp_path / "x.pkl")


def run(*arguments):
    return CliRunner().invoke(main, ["data", *map(str, arguments)])


@pytest.fixture
def imported(write, tmp_path):
    path, parts = write()
    result = run("import-features", path, "--format", "mmsa", "--out", tmp_path / "in")
    assert result.exit_code == 0, result.output
    return tmp_path / "in", parts


def test_an_import_writes_store_labels_and_the_official_split(imported):
    folder, _ = imported
    cases = {case.recording_id: case for case in read_store(folder / "store")}
    references = read_references(folder / "labels.csv")
    assert len(cases) == len(references) == 27
    split = SplitFile.read(folder / "split.json").folds[0].split
    roles = {role: getattr(split, role) for role in ("training", "validation", "test")}
    assert {role: len(people) for role, people in roles.items()} == dict.fromkeys(roles, 4)
    assert json.loads((folder / "split.json").read_text())["name"] == "mmsa official"


def test_a_hostile_file_stops_the_import_with_one_line(tmp_path):
    (tmp_path / "x.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    result = run("import-features", tmp_path / "x.pkl", "--format", "mmsa", "--out", tmp_path / "o")
    assert result.exit_code == 2 and not (tmp_path / "o").exists()
    assert result.output.strip() == "clinic peers: x.pkl: refused: os.system; only plain arrays"


def test_an_imported_file_is_evaluated_and_a_shifted_class_is_found(write, tmp_path):
    part = made_part(0, 30, videos=10)
    classes = np.arange(30) % 3
    part["audio"][:, :, 0] = np.where(part["audio"][:, :, 0] == 0, 0, 10.0 * (1 + classes[:, None]))
    path, _ = write(**part)
    run("import-features", path, "--format", "mmsa", "--out", tmp_path / "in")
    cases = [c for c in read_store(tmp_path / "in" / "store") if "--v0" in c.recording_id]
    data = StudyData.of(cases, read_references(tmp_path / "in" / "labels.csv"), attributes=[])
    target = Target.of_classes("sentiment", ("negative", "neutral", "positive"))
    people = sorted(data.participants)
    from clinic.fusion import ParticipantSplit

    split = ParticipantSplit(
        training=frozenset(people[:7]), validation=frozenset(), calibration=frozenset(),
        test=frozenset(people[7:]),
    )  # fmt: skip
    for table, accuracy in (("mmsa_audio", 1.0), ("mmsa_vision", None)):
        model = TableContender(
            target=target, classifier=LogisticRegression(C=1.0), tables=[table],
            by_participant=False, n_inner=2, coverage=0.9,
        )  # fmt: skip
        found = model.fit(data, split, seed=0).predict(data.of_people(split.test), data)[
            "sentiment"
        ]
        share = float(np.mean(found.shown_class == found.reference_class))
        assert len(found) == 9
        assert share == accuracy if accuracy else share < 1.0


def test_export_then_import_gives_the_same_arrays(imported, tmp_path):
    folder, _ = imported
    # A hole in what was observed, and an exact zero: both must survive.
    cases = []
    for case in read_store(folder / "store"):
        tables = []
        for table in case.tables:
            values = table.values.copy()
            values[0, 0], values[-1], values[1, 1] = np.nan, 0.0, 0.0
            tables.append(table.with_values(values))
        cases.append(replace(case, tables=tuple(tables)))
    references = {r.recording_id: r for r in read_references(folder / "labels.csv")}
    split = SplitFile.read(folder / "split.json").folds[0].split
    roles = {"train": split.training, "valid": split.validation, "test": split.test}
    parts = {person: part for part, people in roles.items() for person in people}
    made = mmsa_content(cases, references, parts, target="regression_label")
    write_plain_pickle(tmp_path / "out.pkl", made.content)
    again = {item.recording_id: item for item in Mmsa(step_s=1.0).read(tmp_path / "out.pkl").items}
    assert len(again) == len(cases) == 27
    for case in cases:
        item = again[case.recording_id]
        back = case_of(item)
        assert back.participant_id == case.participant_id
        assert [(s.start_s, s.end_s) for s in back.segments] == [
            (s.start_s, s.end_s) for s in case.segments
        ]
        for table in case.tables:
            np.testing.assert_array_equal(back.table(table.name).values, table.values)
            assert back.table(table.name).columns == table.columns
        assert item.reference.attributes == references[case.recording_id].attributes


def test_an_exported_file_has_what_mmsas_loader_takes(imported, tmp_path):
    """The operations of ``MMDataset.__init_mosi`` on each part, without text_bert."""
    folder, _ = imported
    result = run(
        "export", folder, "--format", "mmsa", "--out", tmp_path / "out",
        "mmsa.target=regression_label",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    data = read_plain_pickle(tmp_path / "out" / "features.pkl")
    assert list(data) == ["train", "valid", "test"]
    for part in data.values():
        shapes = {kind: part[kind].astype(np.float32).shape for kind in N_STEPS}
        assert {shape[:2] for shape in shapes.values()} == {(9, 6)}
        assert [shape[2] for shape in shapes.values()] == [4, 3, 2]
        assert not any(np.isnan(part[kind]).any() for kind in N_STEPS)
        labels = np.array(part["regression_labels"]).astype(np.float32)
        np.testing.assert_allclose(np.sort(labels), np.linspace(-3, 3, 9), atol=1e-6)
        assert len(part["raw_text"]) == len(part["id"]) == 9
        assert max(part["audio_lengths"]) <= 6 and max(part["vision_lengths"]) <= 6


def test_who_has_no_label_or_no_part_is_left_out_and_said(imported):
    folder, _ = imported
    cases = list(read_store(folder / "store"))[:3]
    references = {
        case.recording_id: Reference(
            recording_id=case.recording_id,
            participant_id=case.participant_id,
            scores={Condition.DEPRESSION: 7.0} if i else {},
        )
        for i, case in enumerate(cases)
    }
    made = mmsa_content(cases, references, {cases[1].participant_id: "train"}, target="depression")
    kept = made.content["train"]["recording_id"]
    assert cases[0].recording_id not in kept and cases[1].recording_id in kept
    assert "1 recordings left out: no depression in the labels" in made.notes
    assert "part test is empty: MMSA needs all three" in made.notes
    with pytest.raises(SetupError, match="nothing to export"):
        mmsa_content(cases, references, {}, target="depression")


@pytest.mark.slow
def test_the_experiment_scores_the_official_test_part_with_every_model(tmp_path):
    """Classes that the audio shows by construction are found, by all modalities together too."""
    parts = {n: made_part(i, 36, videos=12) for i, n in enumerate(("train", "valid", "test"))}
    for part in parts.values():
        seen = part["audio"][:, :, 0] != 0
        part["audio"][:, :, 0] = np.where(seen, 9.0 * (np.arange(36) % 3 - 1.1)[:, None], 0)
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(parts, protocol=4))
    run("import-features", tmp_path / "x.pkl", "--format", "mmsa", "--out", tmp_path / "in")
    result = CliRunner().invoke(
        main,
        [
            "evaluate", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--workers", "0",
            "experiment=mmsa", "n_draws=20", "leakage@audit=none", "tracking=none",
        ],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    share, spread = {}, {}
    for name in ("most_frequent", "text", "audio", "vision", "linear"):
        (path,) = (tmp_path / "out" / "fits" / name).glob("*.parquet")
        found = read_unit(path).predictions["sentiment", "clean"]
        assert {person.split("-v")[-1][0] for person in found.participant_ids} == {"2"}
        assert len(found) == 36
        share[name] = float(np.mean(found.shown_class == found.reference_class))
        spread[name] = float(np.ptp(found.probabilities))
    assert share["audio"] > 0.9 and share["linear"] > 0.8 > max(share["text"], share["vision"])
    # The classes are equally frequent here: their shares alone favour none of them.
    np.testing.assert_allclose(spread["most_frequent"], 0, atol=0.01)
    assert spread["audio"] > 0.3
