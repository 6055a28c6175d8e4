"""Training from the command line with another encoder, and the study on what it wrote."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest

from clinic.errors import SetupError
from clinic.inconsistency import SentenceAffect, train_text_affect
from clinic.inconsistency.heads import load_dense_head
from clinic.inconsistency.training import heads
from clinic.inconsistency.training.emobank import read_emobank
from clinic.inconsistency.training.goemotions import read_goemotions
from clinic.inconsistency.training.network import NetworkSettings
from clinic.validation.words.data import VADER_SETS
from clinic.validation.words.study import WordAffect
from clinic.weights import sha256_of

SMALL = (NetworkSettings(hidden=4, dropout=0.0, weight_decay=0.0, max_epochs=5),)
NAMES = {
    "original": ["joy", "sadness", "annoyance", "neutral"],
    "ekman": ["anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"],
    "group": ["negative", "neutral", "positive"],
}
MOODS = {
    "glad": (4.0, {"original": 0, "ekman": 3, "group": 2}),
    "sad": (2.0, {"original": 1, "ekman": 5, "group": 0}),
    "cross": (2.2, {"original": 2, "ekman": 0, "group": 0}),
    "here": (3.0, {"original": 3, "ekman": 4, "group": 1}),
}


def sentence(i: int) -> tuple[str, str]:
    mood = list(MOODS)[i % len(MOODS)]
    return mood, f"today I was {mood} at number {i}"


def split_of(i: int) -> str:
    return "train" if i % 5 < 3 else ("dev", "test")[i % 2]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up EmoBank, GoEmotions and VADER files."""
    folder = tmp_path_factory.mktemp("data")
    corpus = folder / "emobank" / "corpus"
    corpus.mkdir(parents=True)
    random = np.random.default_rng(0)
    tables = {"emobank": "id,split,V,A,D,text\n", "reader": "id,V,A,D\n", "writer": "id,V,A,D\n"}
    for i in range(120):
        mood, text = sentence(i)
        key = f"essay{i // 3 if i < 60 else i}_{i}_{i + 1}"
        tables["emobank"] += f'{key},{split_of(i)},3,3,3,"{text}"\n'
        for who in ("reader", "writer"):
            ratings = MOODS[mood][0] + random.normal(0, 0.2, 3)
            tables[who] += f"{key},{','.join(f'{r:.2f}' for r in ratings)}\n"
    for name, table in tables.items():
        (corpus / f"{name}.csv").write_text(table, "utf-8")
    for taxonomy, names in NAMES.items():
        part = folder / "goemotions" / "data" / taxonomy
        part.mkdir(parents=True)
        (part / "labels.txt").write_text("\n".join(names), "utf-8")
        for split in ("train", "dev", "test"):
            rows = [
                f"{sentence(i)[1]} again\t{MOODS[sentence(i)[0]][1][taxonomy]}\tkey{i}\n"
                for i in range(120)
                if split_of(i) == split
            ]
            (part / f"{split}.tsv").write_text("".join(rows), "utf-8")
    ratings = folder / "vader_ratings" / "hutto_ICWSM_2014"
    ratings.mkdir(parents=True)
    for stem, _, _ in VADER_SETS:
        rows = [f"{i}_1\t{i % 7 - 3}\tyesterday {sentence(i)[1]}\n" for i in range(30)]
        (ratings / f"{stem}_GroundTruth.txt").write_text("".join(rows), "utf-8")
    return folder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers folder with random weights, 12 dimensions."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    words = sorted({word for i in range(120) for word in sentence(i)[1].split()} | {"again"})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(str.lower, words)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    torch.manual_seed(0)
    settings = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=12,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
    )
    BertModel(settings).save_pretrained(folder / "bert")
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=32).save_pretrained(
        folder / "bert"
    )
    bert = modules.Transformer(str(folder / "bert"))
    SentenceTransformer(modules=[bert, modules.Pooling(12)], device="cpu").save(
        str(folder / "random")
    )
    return folder / "random"


@pytest.fixture(scope="module")
def trained(data: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        for fit in ("fit_dimensions", "fit_emotions"):
            patch.setattr(heads, fit, functools.partial(getattr(heads, fit), networks=SMALL))
        patch.setattr(heads, "N_DRAWS", 20)
        assert train_text_affect.main(arguments(data, encoder, out)) == 0
    return out


def arguments(data: Path, encoder: Path, out: Path) -> list[str]:
    sha256 = sha256_of(encoder / "model.safetensors")
    return [
        *("--emobank", str(data / "emobank"), "--goemotions", str(data / "goemotions")),
        *("--encoder", str(encoder), "--encoder-sha256", sha256, "--out", str(out)),
    ]


@pytest.fixture(scope="module")
def reader(trained: Path) -> SentenceAffect:
    files = {name: trained / f"text_{name}.safetensors" for name in ("dimensions", "emotions")}
    return SentenceAffect(
        table="sentence_embedding",
        dimensions=str(files["dimensions"]),
        dimensions_sha256=sha256_of(files["dimensions"]),
        emotions=str(files["emotions"]),
        emotions_sha256=sha256_of(files["emotions"]),
        perspective="reader",
        min_words=3,
        least_mass=0.0,
        floor=0.1,
    )


def test_heads_of_another_encoder_are_written_with_their_cards(reader, trained, encoder) -> None:
    for name in ("dimensions", "emotions"):
        file, sha256 = getattr(reader, name), getattr(reader, f"{name}_sha256")
        head = load_dense_head(file, sha256)
        assert len(head.inputs) == 12
        assert head.card["encoder_sha256"] == sha256_of(encoder / "model.safetensors")
        card = (trained / f"text_{name}.md").read_text("utf-8")
        assert sha256 in card
        assert str(encoder.parent) not in card


def test_another_encoder_without_its_hash_is_refused(data, encoder, tmp_path, capsys) -> None:
    given = arguments(data, encoder, tmp_path)
    without = [a for a in given if a != "--encoder-sha256" and a != given[7]]
    assert train_text_affect.main(without) == 2
    assert "set encoder_sha256" in capsys.readouterr().err


def test_training_never_sees_the_test_split(data, encoder, trained, tmp_path) -> None:
    """Ratings and labels of the test split are turned round: the heads stay the same bytes."""
    import shutil

    turned = tmp_path / "turned"
    shutil.copytree(data, turned)
    reader_file = turned / "emobank" / "corpus" / "reader.csv"
    lines = reader_file.read_text("utf-8").splitlines()
    lines[1:] = [
        f"{line.split(',')[0]},1,5,1" if split_of(i) == "test" else line
        for i, line in enumerate(lines[1:])
    ]
    reader_file.write_text("\n".join(lines), "utf-8")
    for taxonomy in NAMES:
        file = turned / "goemotions" / "data" / taxonomy / "test.tsv"
        rows = [line.split("\t") for line in file.read_text("utf-8").splitlines()]
        file.write_text("".join(f"{text}\t0\t{key}\n" for text, _, key in rows), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for fit in ("fit_dimensions", "fit_emotions"):
            patch.setattr(heads, fit, functools.partial(getattr(heads, fit), networks=SMALL))
        patch.setattr(heads, "N_DRAWS", 20)
        assert train_text_affect.main(arguments(turned, encoder, tmp_path)) == 0
    for name in ("text_dimensions", "text_emotions"):
        file = f"{name}.safetensors"
        assert (tmp_path / file).read_bytes() == (trained / file).read_bytes()
        assert (tmp_path / f"{name}.md").read_text() != (trained / f"{name}.md").read_text()


@pytest.fixture(scope="module")
def study(reader: SentenceAffect, encoder: Path) -> WordAffect:
    return WordAffect(
        reader=reader,
        encoder=str(encoder),
        encoder_sha256=sha256_of(encoder / "model.safetensors"),
        emobank="emobank",
        goemotions="goemotions",
        vader="vader_ratings",
        most_texts=20,
        n_draws=20,
        seed=0,
    )


def test_the_study_scores_every_promise_with_an_interval(study, data) -> None:
    result = study.run(data)
    assert len(result.findings) == 12 + 1 + 3 + 2 + 4
    for finding in result.findings:
        assert finding.low <= finding.high, finding.what
        assert np.isfinite(finding.value), finding.what
    assert {f.n for f in result.findings if f.what.startswith("valence of")} == {20}
    json.dumps([f.what for f in result.findings])
    assert any("speech" in line for line in result.untested)


def test_the_study_refuses_an_encoder_that_the_heads_do_not_know(study, data) -> None:
    import dataclasses

    other = dataclasses.replace(study, encoder="all_minilm_l6_v2", encoder_sha256=None)
    with pytest.raises(SetupError, match="the heads were trained on"):
        other.run(data)


def test_taxonomies_of_different_comments_are_refused(data, tmp_path) -> None:
    import shutil

    broken = tmp_path / "goemotions"
    shutil.copytree(data / "goemotions", broken)
    (broken / "data" / "ekman" / "dev.tsv").write_text("another comment\t0\tkey\n", "utf-8")
    with pytest.raises(SetupError, match="different comments"):
        read_goemotions(broken)


def test_a_sentence_without_ratings_is_refused(data, tmp_path) -> None:
    import shutil

    broken = tmp_path / "emobank"
    shutil.copytree(data / "emobank", broken)
    writer = broken / "corpus" / "writer.csv"
    writer.write_text("\n".join(writer.read_text("utf-8").splitlines()[:-1]), "utf-8")
    with pytest.raises(SetupError, match="a sentence without ratings"):
        read_emobank(broken)


def test_no_corpus_is_refused_in_one_line(tmp_path) -> None:
    with pytest.raises(SetupError, match="--emobank"):
        read_emobank(tmp_path)
    with pytest.raises(SetupError, match="--goemotions"):
        read_goemotions(tmp_path)
