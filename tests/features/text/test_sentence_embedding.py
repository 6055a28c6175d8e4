"""Sentence embeddings with the packaged encoder, and encoders that must be refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinic.errors import SetupError
from clinic.features.text.encoder_folder import PACKAGED, find_encoder
from clinic.features.text.sentence_embedding import SentenceEmbedding
from clinic.features.text.sentence_encoder import load_encoder
from clinic.records import Recording, Segment
from clinic.weights import known_weights, sha256_of

Spoken = Callable[..., tuple[Recording, list[Segment]]]
LONG = " ".join(f"On day {i} I went home and slept badly." for i in range(120))


@pytest.fixture(scope="module")
def embedding() -> SentenceEmbedding:
    return SentenceEmbedding(encoder=PACKAGED, encoder_sha256=None, languages=["en"])


@pytest.fixture(scope="module")
def packaged() -> Path:
    return find_encoder(PACKAGED, None).folder


@pytest.fixture(scope="module")
def vectors(embedding: SentenceEmbedding, spoken: Spoken) -> Any:
    def of(*texts: str | None) -> Any:
        return embedding.extract(*spoken(*texts)).segments

    return of


def test_like_meanings_lie_close(vectors: Any) -> None:
    sad, unhappy, train = vectors(
        "I feel so sad these days.", "I have been very unhappy.", "The train leaves at nine."
    ).values
    assert float(sad @ unhappy) > 3 * abs(float(sad @ train))


def test_equals_the_library(vectors: Any, packaged: Path) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["I could not sleep.", "Work is fine, I suppose."]
    library = SentenceTransformer(str(packaged), device="cpu", local_files_only=True)
    np.testing.assert_allclose(vectors(*texts).values, library.encode(texts), atol=1e-5)


def test_no_text_is_not_observed(vectors: Any) -> None:
    table = vectors("I was there.", None, "  ")
    assert np.isfinite(table.values[0]).all()
    assert np.isnan(table.values[1:]).all()
    np.testing.assert_array_equal(table.coverage, [1, 0, 0])


def test_no_segment_gives_an_empty_table(vectors: Any) -> None:
    assert vectors().values.shape == (0, 384)


def test_long_texts_are_read_to_the_end(vectors: Any) -> None:
    table = vectors(LONG, LONG + " My favourite colour is blue, and I sing.")
    assert not np.allclose(table.values[0], table.values[1], atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(table.values, axis=1), 1)
    assert "2 segments are longer than all_minilm_l6_v2 reads at once" in table.notes[0]


def test_pieces_hold_every_word_within_the_window(packaged: Path) -> None:
    encoder = load_encoder(packaged)
    pieces = encoder.pieces(LONG)
    assert " ".join(text for text, _ in pieces).split() == LONG.split()
    sizes = [n for _, n in pieces]
    assert max(sizes) <= encoder.window_tokens == 254
    assert len(pieces) == -(-sum(sizes) // 254)
    assert min(sizes) > 0.8 * max(sizes)


def test_a_word_longer_than_the_window_is_cut(packaged: Path) -> None:
    encoder = load_encoder(packaged)
    monster = "xq" * 600
    pieces = encoder.pieces(f"so {monster} it was")
    assert "".join(text for text, _ in pieces).replace(" ", "") == f"so{monster}itwas"
    assert max(n for _, n in pieces) <= 254


def test_row_order_and_company_do_not_matter(vectors: Any) -> None:
    alone = vectors("It was a long day.").values[0]
    among = vectors(LONG, "It was a long day.", "Yes.").values[1]
    np.testing.assert_allclose(alone, among, atol=1e-5)


def test_torch_threads_are_given_back(vectors: Any) -> None:
    import torch

    before = torch.get_num_threads()
    vectors("hello there")
    assert torch.get_num_threads() == before


def test_another_language_is_not_measured(embedding: SentenceEmbedding, spoken: Spoken) -> None:
    table = embedding.extract(*spoken("ich bin müde", language="de")).segments
    assert np.isnan(table.values).all()
    assert "the language is de; words are read in en only" in table.notes[0]


def test_stamp_names_weights_and_no_folder(embedding: SentenceEmbedding) -> None:
    stamp = embedding.stamp()
    assert stamp.weights_sha256 == known_weights()[PACKAGED].sha256
    assert stamp.licence == "Apache-2.0"
    assert stamp.settings["encoder"] == PACKAGED


@pytest.fixture
def copied(packaged: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "encoder"
    shutil.copytree(packaged, folder, ignore=shutil.ignore_patterns("*.md"))
    return folder


def test_a_listed_encoder_in_another_folder_is_taken(copied: Path) -> None:
    found = find_encoder(str(copied), None)
    assert (found.label, found.n_dimensions, found.is_normalised) == (PACKAGED, 384, True)


def test_unlisted_weights_need_their_hash(copied: Path) -> None:
    weights = copied / "model.safetensors"
    weights.write_bytes(b"other weights")
    digest = sha256_of(weights)
    with pytest.raises(SetupError, match=rf"{digest} are not listed.*encoder_sha256"):
        find_encoder(str(copied), None)
    with pytest.raises(SetupError, match=r"0000 needed \(encoder_sha256\)"):
        find_encoder(str(copied), "0" * 64)
    found = find_encoder(str(copied), digest)
    assert found.label == "encoder"
    assert "not listed" in found.licence


def test_pickled_weights_are_refused(copied: Path) -> None:
    (copied / "model.safetensors").unlink()
    (copied / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(SetupError, match=r"pytorch_model.bin is pickled"):
        find_encoder(str(copied), None)


def test_code_of_its_own_is_refused(copied: Path) -> None:
    modules = json.loads((copied / "modules.json").read_text())
    modules[0]["type"] = "evil.Transformer"
    (copied / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(SetupError, match=r"evil.Transformer brings code of its own"):
        find_encoder(str(copied), None)


def test_weights_outside_the_folder_are_refused(copied: Path) -> None:
    modules = json.loads((copied / "modules.json").read_text())
    modules[0]["path"] = "../elsewhere"
    (copied / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(SetupError, match="leaves the folder"):
        find_encoder(str(copied), None)


@pytest.mark.parametrize("name", ["nobody/no-such-model", "/no/such/folder", "not a name"])
def test_an_absent_encoder_is_said(name: str) -> None:
    with pytest.raises(SetupError, match=r"neither a folder nor in the local hub cache"):
        find_encoder(name, None)


def test_a_folder_that_is_no_encoder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"modules.json is missing"):
        find_encoder(str(tmp_path), None)
