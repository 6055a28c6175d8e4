"""Made-up corpora on which whole experiments run: everybody has words and a voice of their own.

The makers of ``tests/datasets`` give all participants the same few sentences and one tone. Here
each participant number has its own, the same in DAIC-WOZ and in E-DAIC, as one person has in both.
"""

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from made_up_daic import write_daic_woz, write_e_daic

RATE_HZ = 16_000
WORDS = (
    *("apple", "boat", "candle", "door", "engine", "fence", "garden", "hammer", "island"),
    *("jacket", "kettle", "ladder", "mirror", "needle", "orange", "pencil", "quilt", "river"),
    *("saddle", "table", "umbrella", "village", "window", "yarn", "zebra", "anchor", "basket"),
    *("carpet", "desk", "elbow", "feather", "glove", "harbour", "ink", "jar", "kitchen"),
)


def sentence(person: int, n_words: int = 9) -> str:
    """Return invented words of one person; no other person says them in this order."""
    return " ".join(np.random.default_rng(person).choice(WORDS, n_words))


def write_voice(path: Path, person: int, duration_s: float) -> None:
    """Write a voiced, syllabic tone with a pitch and a timbre of the person, 16-bit mono."""
    rng = np.random.default_rng(person)
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    pitch_hz = rng.uniform(90, 220) + 10 * np.sin(2 * np.pi * 0.7 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    loudness = rng.uniform(0.2, 1.0, 30) / np.arange(1, 31)
    tone = sum(a * np.sin(k * phase) for k, a in enumerate(loudness, start=1))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * rng.uniform(3, 5) * time_s)
    sound = 0.15 * tone * syllables + 1e-3 * rng.normal(size=len(time_s))
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(RATE_HZ)
        stream.writeframes((np.clip(sound, -1, 1) * 32_000).astype("<i2").tobytes())


def write_daic_pair(
    folder: Path, *, both: Sequence[int], only_e_daic: Sequence[int], duration_s: float = 4.0
) -> None:
    """Write ``e_daic`` with all participants and ``daic_woz`` with those of ``both``."""
    e_daic, woz = folder / "e_daic", folder / "daic_woz"
    write_e_daic(e_daic, participants=[*both, *only_e_daic], duration_s=duration_s)
    write_daic_woz(woz, participants=both, duration_s=duration_s)
    for place in (*(e_daic / "data").iterdir(), *woz.glob("*_P")):
        person = int(place.name[:3])
        write_voice(place / f"{person}_AUDIO.wav", person, duration_s)
    for path in e_daic.rglob("*_Transcript.csv"):
        _speak(path, ",", word_column=2)
    for path in woz.rglob("*_TRANSCRIPT.csv"):
        _speak(path, "\t", word_column=3)


def _speak(path: Path, separator: str, *, word_column: int) -> None:
    """Put the person's own words into every turn of a transcript; times and speakers stay."""
    person = int(path.name[:3])
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    spoken = []
    for line in lines:
        cells = line.split(separator)
        if cells[2] != "Ellie":
            cells[word_column] = sentence(person)
        spoken.append(separator.join(cells))
    path.write_text("\n".join([header, *spoken]) + "\n", encoding="utf-8")
