"""Affect readers against people: acted speech (EmoDB), a filmed face."""

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu

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
    """Three of the ten speakers here; all ten are in docs/validation/voice.md."""
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
