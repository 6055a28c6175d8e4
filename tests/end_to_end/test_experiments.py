"""Every frozen experiment runs on a made-up corpus of its layout, and keeps to its protocol."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from clinic.config import compose, conf_folder
from clinic.evaluation.study.results import EvaluationResult, read_result
from clinic.evaluation.study.unit import read_unit
from clinic.io.store import read_store
from experiment_corpora import write_daic_pair, write_voice
from made_up_corpora import write_bah, write_dvlog, write_lmvd
from made_up_emodb import write_emodb

#: Smaller and quicker; none of these touches who is scored.
QUICK = (
    *("trainer.max_epochs=1", "n_draws=50", "robustness=none", "tracking=none"),
    "sealed_models=[]",
    *("models.trimodal_early.n_trees=5", "models.trimodal_early.n_seeds=1"),
)
NO_AUDIT = "leakage@audit=none"
QUICK_AUDIT = ("audit.n_permutations=20", "audit.n_draws=20")
#: No experiment of its own, or run by tests of its own.
ELSEWHERE = {"none", "trimodal", "mmsa", "simulated"}
CORPORA = ("daic_woz", "e_daic")
#: None of the sessions of DAIC that are excluded or moved.
BOTH, ONLY_E_DAIC = range(401, 433), range(600, 608)


@pytest.fixture(scope="module", autouse=True)
def without_waiting_for_the_disk():
    """Hundreds of small files: what survives a power cut is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture
def evaluate(clinic_command, tmp_path):
    """Run one experiment in this process; return exit code, output and result."""

    def run(experiment, *arguments, out=None):
        out = out or tmp_path / "out"
        options = ("--out", out, "--workers", 0, f"experiment={experiment}", *QUICK)
        done = clinic_command("evaluate", *arguments, *options)
        result = read_result(out) if (out / "evaluation.json").is_file() else None
        return done, result

    return run


@pytest.fixture(scope="module")
def daic_pair(tmp_path_factory):
    """E-DAIC of 40 people, and DAIC-WOZ of 32 of them."""
    folder = tmp_path_factory.mktemp("daic")
    write_daic_pair(folder, both=BOTH, only_e_daic=ONLY_E_DAIC, duration_s=2.4)
    return folder


@pytest.fixture(scope="module")
def extracted(daic_pair, tmp_path_factory):
    """Both corpora imported, words counted and sound measured: the folder ``data`` of a run."""
    from pipelines.corpora import imported

    folder = tmp_path_factory.mktemp("extracted") / "data"
    features = "features=[lexical,log_mel]"  # without sentence embeddings: quick
    config = compose(
        "evaluate",
        ["experiment=trimodal_grouped", *(f"corpora.{name}.{features}" for name in CORPORA)],
        values={"source": str(daic_pair), "out": str(folder)},
    )
    for name in CORPORA:
        imported(name, config.corpora[name], folder / name, workers=0)
    return folder


@pytest.fixture
def trimodal(evaluate, daic_pair, extracted, tmp_path):
    """Run a tri-modal protocol on the pair, three folds instead of seven."""

    def run(experiment, *overrides):
        out = tmp_path / experiment
        shutil.copytree(extracted, out / "data", copy_function=_hard_link)
        return evaluate(
            experiment,
            daic_pair,
            "splits.n_folds=3",
            "tables.text=[lexical]",
            *QUICK_AUDIT,
            *overrides,
            out=out,
        )

    return run


def _hard_link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def scored_people(out: Path, model: str) -> dict[int, list[str]]:
    """Return who was scored by repeat, one entry per recording, as the fits wrote it down."""
    found: dict[int, list[str]] = {}
    for path in sorted((out / "fits" / model).glob("*.parquet")):
        predictions = next(iter(read_unit(path).predictions.values()))
        for repeat, person in zip(predictions.repeat, predictions.participant_ids, strict=True):
            found.setdefault(int(repeat), []).append(str(person))
    return found


def roles_of(path: Path) -> list[dict[str, set[str]]]:
    """Return the roles of each fold of a split file."""
    roles = ("training", "validation", "calibration", "test")
    folds = json.loads(path.read_text())["folds"]
    return [{role: set(fold[role]) for role in roles} for fold in folds]


def problems(result: EvaluationResult) -> dict[str, str]:
    return {row.model: row.problem for row in result.models if row.problem}


def verdict(result: EvaluationResult, name: str) -> tuple[str, str]:
    """Return verdict and sentence of one check of the audit."""
    (check,) = (c for c in result.audit["checks"] if c["name"] == name)
    return check["verdict"], check["sentence"]


def require_official(out: Path, corpus: str, result: EvaluationResult, n_repeats: int) -> None:
    """Every wanted model scored exactly the official test part once a repeat."""
    (official,) = roles_of(out / "data" / corpus / "split.json")
    folds = roles_of(out / "split.json")
    assert len(folds) == n_repeats
    for fold in folds:
        assert fold["test"] == official["test"]
        assert fold["validation"] == official["validation"]
        assert fold["training"] | fold["calibration"] == official["training"]
        assert fold["training"] and fold["calibration"]
    for row in result.models:
        scored = scored_people(out, row.model)
        assert sorted(scored) == list(range(n_repeats)), row.model
        for people in scored.values():
            assert set(people) == official["test"], row.model


def wanted(experiment: str) -> list[str]:
    return list(compose("evaluate", [f"experiment={experiment}"], values={"out": "unused"}).only)


def test_every_experiment_of_the_configuration_is_run_below():
    shipped = {path.stem for path in (conf_folder() / "experiment").glob("*.yaml")}
    text = Path(__file__).read_text(encoding="utf-8")
    assert {name for name in shipped - ELSEWHERE if f'"{name}"' not in text} == set()


@pytest.mark.slow
def test_dvlog_scores_the_official_test_part_and_nobody_else(evaluate, tmp_path):
    write_dvlog(tmp_path / "in", n=60)
    done, result = evaluate("dvlog_mmformer", tmp_path / "in", NO_AUDIT, "splits.n_repeats=2")
    assert done.exit_code == 0, done.output
    assert not problems(result)
    assert [row.model for row in result.models] == wanted("dvlog_mmformer")
    require_official(tmp_path / "out", "dvlog", result, n_repeats=2)


@pytest.mark.slow
def test_lmvd_scores_everybody_once_a_repeat(evaluate, tmp_path):
    ids = [f"{k:03d}" for k in range(1, 31)] + [f"{k:04d}" for k in range(602, 632)]
    write_lmvd(tmp_path / "in", ids=ids, n_frames=3)
    overrides = ("splits.n_folds=2", "splits.n_repeats=2", NO_AUDIT)
    done, result = evaluate("lmvd_mmformer", tmp_path / "in", *overrides)
    assert done.exit_code == 0, done.output
    assert not problems(result)
    everybody = sorted(f"lmvd-{int(k):04d}" for k in ids)
    for model in wanted("lmvd_mmformer"):
        scored = scored_people(tmp_path / "out", model)
        assert {repeat: sorted(people) for repeat, people in scored.items()} == {
            0: everybody,
            1: everybody,
        }, model


@pytest.mark.slow
def test_bah_scores_both_recordings_of_everybody_in_the_official_test_part(evaluate, tmp_path):
    write_bah(tmp_path / "in", n=32)
    shipped = ("corpora.bah.source=shipped", "corpora.bah.features=[]")
    tables = "tables={text:[bah_bert],voice:[bah_vggish],face:[bah_video],cross:[]}"
    done, result = evaluate(
        "bah_conflict_aware", tmp_path / "in", *shipped, tables, NO_AUDIT, "splits.n_repeats=1"
    )
    assert done.exit_code == 0, done.output
    assert not problems(result)
    assert [row.model for row in result.models] == wanted("bah_conflict_aware")
    require_official(tmp_path / "out", "bah", result, n_repeats=1)
    people = scored_people(tmp_path / "out", "conflict_aware")[0]
    assert all(people.count(person) == 2 for person in people), "two questions each"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("experiment", "corpus", "only"),
    [
        ("e_daic_official", "e_daic", "majority,text_linear,face_linear,trimodal_early"),
        ("daic_woz_atei", "daic_woz", "majority,metadata,pooled_linear,atei"),
    ],
)
def test_daic_scores_the_official_test_part_and_nobody_else(
    evaluate, daic_pair, extracted, tmp_path, experiment, corpus, only
):
    out = tmp_path / "out"
    shutil.copytree(extracted / corpus, out / "data" / corpus, copy_function=_hard_link)
    # Words and sound as extracted once for all; the faces are those that the corpus ships.
    tables = ("tables.text=[lexical]", "tables.voice=[log_mel]", "tables.cross=[]")
    done, result = evaluate(
        experiment, daic_pair / corpus, f"only=[{only}]", *tables, NO_AUDIT, "splits.n_repeats=2"
    )
    assert done.exit_code == 0, done.output
    assert not problems(result)
    require_official(out, corpus, result, n_repeats=2)


@pytest.mark.slow
def test_rows_split_instead_of_people_fail_the_audit_which_names_the_people(trimodal):
    done, result = trimodal("trimodal_published", "only=[majority]")
    assert done.exit_code == 1
    assert "leakage audit FAILED" in done.output
    assert result.audit["verdict"] == "FAIL"
    found, sentence = verdict(result, "participants shared between folds")
    assert found == "FAIL"
    assert f"of {len(BOTH) + len(ONLY_E_DAIC)} persons" in sentence
    assert "only under an alias" in sentence
    assert result.n_participants == 2 * len(BOTH) + len(ONLY_E_DAIC), "rows taken for people"


@pytest.mark.slow
def test_the_same_recordings_grouped_by_person_pass_the_audit(trimodal, tmp_path):
    done, result = trimodal("trimodal_grouped")
    assert done.exit_code == 0, done.output
    assert not problems(result)
    assert not [c for c in result.audit["checks"] if c["verdict"] == "FAIL"]
    assert verdict(result, "participants shared between folds")[0] == "pass"
    assert result.n_participants == len(BOTH) + len(ONLY_E_DAIC)
    assert result.n_recordings == 2 * len(BOTH) + len(ONLY_E_DAIC)
    out = tmp_path / "trimodal_grouped"
    everybody = {f"daic-{k}" for k in (*BOTH, *ONLY_E_DAIC)}
    for model in wanted("trimodal_grouped"):
        people = scored_people(out, model)[0]
        assert set(people) == everybody, model
        assert len(people) == result.n_recordings, model
    assert "face_common" in result.tables and {"openface", "openface_aus"}.isdisjoint(result.tables)


@pytest.mark.slow
def test_emodb_scores_every_speaker_once_by_what_the_others_taught(evaluate, tmp_path):
    # Twelve, and not all with every emotion, so that the audit looks at labels too: the emotion
    # is not a shortcut to itself.
    speakers = [f"{k:02d}" for k in range(3, 15)]
    stems = write_emodb(tmp_path / "in", speakers=speakers, letters="WTN")
    for stem in (name for name in stems if name[5] == "WTN"[int(name[:2]) % 3]):
        (tmp_path / "in" / "wav" / f"{stem}.wav").unlink()
    stems = [path.stem for path in (tmp_path / "in" / "wav").iterdir()]
    for place, stem in enumerate(stems):
        write_voice(tmp_path / "in" / "wav" / f"{stem}.wav", place, 1.0)
    done, result = evaluate(
        "emodb",
        tmp_path / "in",
        "splits.n_folds=3",
        "class_targets.emotion.classes=[anger,sadness,neutral]",
        *QUICK_AUDIT,
    )
    assert done.exit_code == 0, done.output
    assert not problems(result)
    found, sentence = verdict(result, "metadata shortcuts (emotion)")
    assert found == "pass" and "emotion =" not in sentence
    for model in wanted("emodb"):
        people = scored_people(tmp_path / "out", model)[0]
        assert sorted(people) == sorted(f"emodb-{stem[:2]}" for stem in stems), model
    for fold in roles_of(tmp_path / "out" / "split.json"):
        assert len(fold["test"]) == 4
        assert not fold["calibration"], "calibration comes from inner folds"


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("splits.calibration_share=0.01", r"nobody .* for calibration.*\(splits\)"),
        ("splits.calibration_share=0.05", "2 calibration subjects, 4 needed for coverage 0.8"),
    ],
)
def test_too_few_to_calibrate_stops_before_the_first_fit(evaluate, tmp_path, override, words):
    write_dvlog(tmp_path / "in", n=60)
    done, result = evaluate("dvlog_mmformer", tmp_path / "in", override)
    assert (done.exit_code, result) == (2, None)
    last = done.output.strip().splitlines()[-1]
    assert "split dvlog official, repeat 0, fold 0" in last
    assert re.search(words, last), last
    assert not (tmp_path / "out" / "fits").exists()


def test_an_official_split_without_anybody_to_choose_on_says_so(evaluate, tmp_path):
    write_dvlog(tmp_path / "in", n=60)
    labels = tmp_path / "in" / "labels.csv"
    lines = labels.read_text().splitlines()
    labels.write_text("\n".join(line for line in lines if not line.endswith(",valid")) + "\n")
    done, _ = evaluate("dvlog_mmformer", tmp_path / "in", "splits.validation_share=0")
    assert done.exit_code == 2
    assert "nobody with features is left for validation" in done.output


def test_a_corpus_without_its_folder_names_the_setting(evaluate, tmp_path):
    done, _ = evaluate("trimodal_grouped", tmp_path)
    assert done.exit_code == 2
    assert "corpora.daic_woz.root" in done.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("experiment", "corpus", "read"),
    [
        ("daic_woz_atei", "daic_woz", {"text", "voice", "face", "cross"}),
        ("e_daic_official", "e_daic", {"text", "voice", "face", "cross"}),
        ("trimodal_published", "daic_woz", {"text", "voice"}),
        ("trimodal_grouped", "e_daic", {"text", "voice"}),
        ("bah_conflict_aware", "bah", {"text", "voice", "face", "cross"}),
    ],
)
def test_one_recording_yields_every_table_that_the_experiment_reads(
    tmp_path, experiment, corpus, read
):
    from pipelines.corpora import imported

    root = tmp_path / corpus
    if corpus == "bah":
        write_bah(root, n=1)
    else:
        write_daic_pair(tmp_path, both=[401], only_e_daic=[])
    source = tmp_path if experiment.startswith("trimodal") else root
    config = compose(
        "evaluate",
        [f"experiment={experiment}"],
        values={"source": str(source), "out": str(tmp_path / "out")},
    )
    folder = imported(corpus, config.corpora[corpus], tmp_path / "imported", workers=0)
    cases = list(read_store(folder / "store"))
    assert cases
    wanted_tables = {name for kind in read for name in config.tables[kind]}
    if "interviewer" in (config.only or ()):
        wanted_tables.add("interviewer")
    for case in cases:
        assert wanted_tables <= {table.name for table in case.tables}
    observed = {t.name for c in cases for t in c.tables if t.coverage.any()}
    spoken = wanted_tables if corpus != "bah" else set(config.tables.text)
    assert spoken - {"turn_taking", "inconsistency"} <= observed
