"""wav2vec 2.0 from a local folder: a tiny random one, against transformers' own forward pass."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from clinic.errors import DataError, SetupError
from clinic.features.speech.wav2vec2_affect import Wav2Vec2Affect, pieces
from clinic.features.speech.wav2vec2_model import Wav2Vec2Folder
from clinic.records import Recording, Role, Segment
from clinic.validation.voice.features import Spliced

RATE_HZ = 16_000


def tiny_network():
    """An encoder of audEERING's kind (stable layer norm) with a head, some 10,000 weights."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(8, 8, 8),
        conv_stride=(5, 4, 4),
        conv_kernel=(10, 8, 8),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
        feat_extract_norm="layer",
        conv_bias=True,
        do_stable_layer_norm=True,
    )
    encoder = Wav2Vec2Model(config).eval()
    return config, encoder, torch.nn.Linear(16, 16), torch.nn.Linear(16, 3)


@pytest.fixture(scope="module")
def network():
    return tiny_network()


@pytest.fixture(scope="module")
def weights(network, tmp_path_factory) -> Wav2Vec2Folder:
    """The folder as audEERING publishes it, with torch's older names of one convolution."""
    from safetensors.torch import save_file

    config, encoder, dense, out_proj = network
    folder = tmp_path_factory.mktemp("wav2vec2")
    older = {
        "parametrizations.weight.original0": "weight_g",
        "parametrizations.weight.original1": "weight_v",
    }
    tensors = {}
    for prefix, part in (
        ("wav2vec2.", encoder),
        ("classifier.dense.", dense),
        ("classifier.out_proj.", out_proj),
    ):
        for key, value in part.state_dict().items():
            for new, old in older.items():
                key = key.replace(new, old)
            tensors[prefix + key] = value.contiguous()
    assert any(key.endswith("weight_g") for key in tensors)
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config.to_dict()), encoding="utf-8")
    return Wav2Vec2Folder(folder=str(folder), sha256=digest(folder))


def digest(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def extractor(weights) -> Wav2Vec2Affect:
    return Wav2Vec2Affect(weights=weights, min_segment_s=0.5, longest_piece_s=2.0)


def sound(seconds: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (0.1 * random.normal(size=int(seconds * RATE_HZ)) + 0.03).astype(np.float32)


def recording(*sounds: np.ndarray) -> tuple[Recording, list[Segment]]:
    track = Spliced(tuple(sounds))
    made = Recording(
        recording_id="r",
        participant_id="p",
        sha256="0" * 64,
        duration_s=track.duration_s,
        audio=track,
        video=None,
        transcript=None,
        language="en",
    )
    segments = [
        Segment(index=i, start_s=a, end_s=b, speaker=Role.PARTICIPANT, origin="vad", text=None)
        for i, (a, b) in enumerate(track.spans())
    ]
    return made, segments


def expected(network, samples: np.ndarray) -> np.ndarray:
    """The published forward pass: feature extractor, encoder, mean, dense, tanh, out."""
    import torch
    from transformers import Wav2Vec2FeatureExtractor

    _, encoder, dense, out_proj = network
    normalise = Wav2Vec2FeatureExtractor(do_normalize=True, sampling_rate=RATE_HZ)
    values = normalise(samples, sampling_rate=RATE_HZ, return_tensors="pt").input_values
    with torch.no_grad():
        hidden = encoder(values).last_hidden_state.mean(dim=1)
        return out_proj(torch.tanh(dense(hidden)))[0].numpy()


def test_agrees_with_transformers_own_forward_pass(extractor, network):
    sounds = [sound(1.0, 0), sound(1.7, 1)]
    table = extractor.extract(*recording(*sounds)).segments
    for row, samples in enumerate(sounds):
        np.testing.assert_allclose(table.values[row], expected(network, samples), atol=1e-5)
    assert table.columns == ("arousal", "dominance", "valence")
    assert table.coverage.tolist() == [1.0, 1.0]
    assert abs(table.values[0] - table.values[1]).max() > 1e-4


def test_a_long_segment_is_the_average_of_its_pieces(extractor, network):
    samples = sound(5.0, 2)
    table = extractor.extract(*recording(samples)).segments
    parts = np.array_split(samples, 3)
    answers = [expected(network, part) for part in parts]
    wanted = np.average(answers, axis=0, weights=[len(part) for part in parts])
    np.testing.assert_allclose(table.values[0], wanted, atol=1e-5)


@pytest.mark.parametrize("n", [1, 3, 4, 5, 8, 9, 100])
def test_pieces_hold_every_sample_once_and_none_is_too_long(n):
    samples = np.arange(n, dtype=np.float32)
    parts = pieces(samples, longest=4)
    np.testing.assert_array_equal(np.concatenate(parts), samples)
    assert max(map(len, parts)) <= 4
    assert len(parts) == -(-n // 4)


def test_silence_and_a_short_segment_are_not_read(extractor):
    table = extractor.extract(
        *recording(np.zeros(RATE_HZ, np.float32), sound(0.3, 3), sound(1.0, 4))
    ).segments
    assert np.isnan(table.values[:2]).all()
    assert np.isfinite(table.values[2]).all()
    assert table.coverage.tolist() == [0.0, 0.0, 1.0]
    assert "1 segments hold less than 0.5 s" in table.notes[0]


def test_the_stamp_names_hash_and_licence_and_no_folder(extractor, weights):
    stamp = extractor.stamp()
    assert stamp.weights_sha256 == weights.sha256
    assert "CC BY-NC-SA 4.0" in stamp.licence
    assert str(weights.folder) not in json.dumps(dict(stamp.settings))


def build(folder: str | None, sha256: str | None) -> Wav2Vec2Affect:
    return Wav2Vec2Affect(
        weights=Wav2Vec2Folder(folder=folder, sha256=sha256),
        min_segment_s=0.5,
        longest_piece_s=2.0,
    )


def test_without_a_folder_it_says_what_to_fetch():
    with pytest.raises(SetupError, match="nothing is downloaded") as stopped:
        build(None, None)
    assert "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim" in str(stopped.value)
    assert "CC BY-NC-SA" in str(stopped.value)


def test_an_absent_folder_and_a_pickle_are_refused(tmp_path):
    with pytest.raises(SetupError, match=r"model\.safetensors needed"):
        build(str(tmp_path / "none"), "0" * 64)
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(SetupError, match="a pickle, which is refused"):
        build(str(tmp_path), "0" * 64)


def test_changed_bytes_are_refused(weights):
    with pytest.raises(SetupError, match="SHA-256"):
        build(weights.folder, "0" * 64)


def test_weights_of_another_shape_are_refused(weights, tmp_path):
    """A head of 2 answers would be read as arousal and dominance of something else."""
    from safetensors.torch import load_file, save_file

    source = Path(weights.folder or "")
    tensors = load_file(source / "model.safetensors")
    tensors["classifier.out_proj.weight"] = tensors["classifier.out_proj.weight"][:2].contiguous()
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_bytes((source / "config.json").read_bytes())
    broken = build(str(tmp_path), digest(tmp_path))
    with pytest.raises(SetupError, match=r"does not fit classifier\.out_proj"):
        broken.answer(sound(1.0, 0))


def test_a_recording_without_sound_fails_alone(extractor):
    silent = Recording(
        recording_id="r-1",
        participant_id="p",
        sha256="0" * 64,
        duration_s=1.0,
        audio=None,
        video=SimpleNamespace(),
        transcript=None,
        language="en",
    )
    with pytest.raises(DataError, match="no audio"):
        extractor.extract(silent, [])
